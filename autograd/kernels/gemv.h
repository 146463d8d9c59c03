#pragma once

#include <cstdint>

// Products of a matrix and a vector, which read the matrix once, where it lies: packing it would
// cost more than the product. f32 and f64; sizes may be 0.
namespace engram::kernels {

/// y (m) = a (m, n) · x (n), added to y if `add`; the rows of a are `lda` apart.
template <class T>
void gemv(std::int64_t m, std::int64_t n, const T* a, std::int64_t lda, const T* x, bool add, T* y);

/// y (n) = x (m) · a (m, n), added to y if `add`.
template <class T>
void gemv_transposed(std::int64_t m, std::int64_t n, const T* a, std::int64_t lda, const T* x,
                     bool add, T* y);

}  // namespace engram::kernels
