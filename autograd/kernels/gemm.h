#pragma once

#include <cstdint>

namespace engram::kernels {

/// c (m, n) = op(a) (m, k) · op(b) (k, n) + beta · c, row-major; op(a) is a's transpose when a is
/// stored (k, m). Sizes may be 0. f32 and f64, by OpenBLAS.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, const T* b, T beta, T* c);

/// The same for parts of wider matrices: lda, ldb and ldc are the distances between stored rows.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c,
          std::int64_t ldc);

}  // namespace engram::kernels
