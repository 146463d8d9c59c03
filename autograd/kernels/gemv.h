#pragma once

#include <cstdint>

// Matrix-vector products, which read the matrix once and unpacked: packing would cost more than the
// product. f32 and f64; sizes may be 0.
namespace engram::kernels {

template <class T>
struct MatrixVector {
  std::int64_t m, n;
  const T* a;               ///< (m, n)
  std::int64_t row_stride;  ///< of a
  const T* x;
  T* y;
  bool add = false;  ///< accumulate in y
};

/// y (m) = a · x (n).
template <class T>
void gemv(const MatrixVector<T>& product);

/// y (n) = x (m) · a.
template <class T>
void gemv_transposed(const MatrixVector<T>& product);

}  // namespace engram::kernels
