#pragma once

#include <engram/autograd/kernels/strided.h>
#include <engram/autograd/shape.h>

#include <cstdint>

// Indices have been checked.
namespace engram::kernels {

/// y[i] = x[at + index[i] · step], where `at` walks x along a and y and index along b. The stride
/// of the indexed axis is `step`; in the loops it is 0.
template <class T>
void gather(const StridedLoops& loops, std::int64_t step, const T* x, const std::int64_t* index,
            T* y);

/// y[at + index[i] · step] += x[i], walked in the same way, in the order of i.
template <class T>
void scatter_add(const StridedLoops& loops, std::int64_t step, const T* x,
                 const std::int64_t* index, T* y);

/// y[:, k] = x[:, index[k]] for x (outer, n, inner), which is viewed, and y (outer, count, inner).
template <class T>
void index_select(const AxisView& x_view, const T* x, std::int64_t count, const std::int64_t* index,
                  T* y);

/// y[:, index[k]] += x[:, k], in the order of k, for x (outer, count, inner) and y (outer, n,
/// inner), which is viewed.
template <class T>
void index_add(const AxisView& y_view, const T* x, std::int64_t count, const std::int64_t* index,
               T* y);

}  // namespace engram::kernels
