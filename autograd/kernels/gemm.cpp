#include <engram/autograd/kernels/gemm.h>

#include <cblas.h>

#include <algorithm>

namespace engram::kernels {

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, const T* b, T beta, T* c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {  // BLAS wants leading dimensions of at least 1, and an empty sum is 0
    for (std::int64_t i = 0; i < m * n; ++i) c[i] = beta == T{0} ? T{0} : beta * c[i];
    return;
  }
  const auto ta = transpose_a ? CblasTrans : CblasNoTrans;
  const auto tb = transpose_b ? CblasTrans : CblasNoTrans;
  const auto lda = static_cast<blasint>(transpose_a ? m : k);
  const auto ldb = static_cast<blasint>(transpose_b ? k : n);
  const auto M = static_cast<blasint>(m), N = static_cast<blasint>(n), K = static_cast<blasint>(k);
  if constexpr (sizeof(T) == sizeof(float)) {
    cblas_sgemm(CblasRowMajor, ta, tb, M, N, K, 1.0f, a, lda, b, ldb, beta, c, N);
  } else {
    cblas_dgemm(CblasRowMajor, ta, tb, M, N, K, 1.0, a, lda, b, ldb, beta, c, N);
  }
}

template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const float*, const float*,
                   float, float*);
template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const double*,
                   const double*, double, double*);

}  // namespace engram::kernels
