#include <engram/autograd/kernels/gemv.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/runs.h>

#include <algorithm>

namespace engram::kernels {

template <class T>
void gemv(const MatrixVector<T>& product) {
  const std::int64_t m = product.m, n = product.n, lda = product.row_stride;
  const T *a = product.a, *x = product.x;
  T* y = product.y;
  const bool add = product.add;
  parallel_for_each(m, n, [=](std::int64_t i) {
    const T* row = a + i * lda;
    const auto sum = static_cast<T>(sum_run<T>(n, [=](std::int64_t j) { return row[j] * x[j]; }));
    y[i] = add ? y[i] + sum : sum;
  });
}

template <class T>
void gemv_transposed(const MatrixVector<T>& product) {
  const std::int64_t m = product.m, n = product.n, lda = product.row_stride;
  const T *a = product.a, *x = product.x;
  T* y = product.y;
  const bool add = product.add;
  // Four rows of a for each pass over y.
  parallel_for(n, groups_per_grain(m), [=](std::int64_t begin, std::int64_t end) {
    if (!add) std::fill(y + begin, y + end, T{0});
    std::int64_t i = 0;
    for (; i + 4 <= m; i += 4) {
      const T *a0 = a + i * lda, *a1 = a0 + lda, *a2 = a1 + lda, *a3 = a2 + lda;
      const T x0 = x[i], x1 = x[i + 1], x2 = x[i + 2], x3 = x[i + 3];
      for (std::int64_t j = begin; j < end; ++j) {
        y[j] += x0 * a0[j] + x1 * a1[j] + (x2 * a2[j] + x3 * a3[j]);
      }
    }
    for (; i < m; ++i) {
      for (std::int64_t j = begin; j < end; ++j) y[j] += x[i] * a[i * lda + j];
    }
  });
}

template void gemv(const MatrixVector<float>&);
template void gemv(const MatrixVector<double>&);
template void gemv_transposed(const MatrixVector<float>&);
template void gemv_transposed(const MatrixVector<double>&);

}  // namespace engram::kernels
