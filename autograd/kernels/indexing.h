#pragma once

#include <engram/autograd/kernels/strided.h>

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

/// Rows of x (outer, size, inner) to y (outer, n, inner): y[:, k] = x[:, index[k]].
template <class T>
void index_select(std::int64_t outer, std::int64_t size, std::int64_t n, std::int64_t inner,
                  const T* x, const std::int64_t* index, T* y);

/// Rows of x (outer, n, inner) to y (outer, size, inner): y[:, index[k]] += x[:, k], in the order
/// of k.
template <class T>
void index_add(std::int64_t outer, std::int64_t size, std::int64_t n, std::int64_t inner,
               const T* x, const std::int64_t* index, T* y);

}  // namespace engram::kernels
