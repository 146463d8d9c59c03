#pragma once

#include <engram/autograd/kernels/strided.h>
#include <engram/autograd/shape.h>

#include <cstdint>

// Indices are not checked.
namespace engram::kernels {

/// y[i] = x[at + index[i] · stride], where `at` follows the loops' strides of a, which are those of
/// x with 0 for the indexed axis, and i those of b, the strides of y and index. `stride` is that of
/// the indexed axis in x.
template <class T>
void gather(const StridedLoops& loops, std::int64_t stride, const T* x, const std::int64_t* index,
            T* y);

/// y[at + index[i] · stride] += x[i], by the same loops, in the order of i.
template <class T>
void scatter_add(const StridedLoops& loops, std::int64_t stride, const T* x,
                 const std::int64_t* index, T* y);

/// y[:, k] = x[:, index[k]] for x (outer, n, inner), the sizes of x_view, and y (outer, count,
/// inner).
template <class T>
void index_select(const AxisView& x_view, const T* x, std::int64_t count, const std::int64_t* index,
                  T* y);

/// y[:, index[k]] += x[:, k], in the order of k, for x (outer, count, inner) and y (outer, n,
/// inner), the sizes of y_view.
template <class T>
void index_add(const AxisView& y_view, const T* x, std::int64_t count, const std::int64_t* index,
               T* y);

}  // namespace engram::kernels
