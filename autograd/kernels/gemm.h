#pragma once

#include <cstdint>

namespace engram::kernels {

/// A row-major matrix; a `row_stride` of 0 means contiguous rows. The operand is its transpose if
/// `transposed`.
template <class T>
struct StoredMatrix {
  T* data;
  std::int64_t row_stride = 0;
  bool transposed = false;
};

/// c (m, n) = a (m, k) · b (k, n), added to c if `add`.
template <class T>
struct MatrixProduct {
  std::int64_t m, n, k;  ///< may be 0
  StoredMatrix<const T> a, b;
  StoredMatrix<T> c;  ///< not transposed
  bool add = false;
};

/// f32 and f64. The result does not depend on the number of threads.
template <class T>
void gemm(const MatrixProduct<T>& product);

}  // namespace engram::kernels
