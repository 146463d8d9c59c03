#pragma once

#include <cstdint>

namespace engram::kernels {

/// c (m, n) = op(a) (m, k) · op(b) (k, n), added to c if `add`, row-major; op(a) is a's transpose
/// when a is stored (k, m). Sizes may be 0. f32 and f64. The result does not depend on the number
/// of threads.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, const T* b, bool add, T* c);

/// The same for parts of wider matrices: lda, ldb and ldc are the distances between stored rows.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, std::int64_t lda, const T* b, std::int64_t ldb, bool add, T* c,
          std::int64_t ldc);

}  // namespace engram::kernels
