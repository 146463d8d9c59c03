#include <engram/autograd/kernels/gemm.h>

#include <cblas.h>

namespace engram::kernels {

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, const T* b, T beta, T* c) {
  gemm(transpose_a, transpose_b, m, n, k, a, transpose_a ? m : k, b, transpose_b ? k : n, beta, c,
       n);
}

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c,
          std::int64_t ldc) {
  if (m == 0 || n == 0) return;
  if (k == 0) {  // BLAS wants leading dimensions of at least 1, and an empty sum is 0
    for (std::int64_t i = 0; i < m; ++i) {
      for (T *row = c + i * ldc, *end = row + n; row < end; ++row) {
        *row = beta == T{0} ? T{0} : beta * *row;
      }
    }
    return;
  }
  const auto ta = transpose_a ? CblasTrans : CblasNoTrans;
  const auto tb = transpose_b ? CblasTrans : CblasNoTrans;
  const auto M = static_cast<blasint>(m), N = static_cast<blasint>(n), K = static_cast<blasint>(k);
  const auto LDA = static_cast<blasint>(lda), LDB = static_cast<blasint>(ldb),
             LDC = static_cast<blasint>(ldc);
  if constexpr (sizeof(T) == sizeof(float)) {
    cblas_sgemm(CblasRowMajor, ta, tb, M, N, K, 1.0f, a, LDA, b, LDB, beta, c, LDC);
  } else {
    cblas_dgemm(CblasRowMajor, ta, tb, M, N, K, 1.0, a, LDA, b, LDB, beta, c, LDC);
  }
}

#define INSTANTIATE(T)                                                                             \
  template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const T*, const T*, T,  \
                     T*);                                                                          \
  template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const T*, std::int64_t, \
                     const T*, std::int64_t, T, T*, std::int64_t);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
