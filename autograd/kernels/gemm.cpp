#include <engram/autograd/kernels/gemm.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>

#include <cblas.h>

namespace engram::kernels {
namespace {

/// A stored matrix: element (i, p) of the operand is data[i · line + p · step], and one of the two
/// distances is 1.
template <class T>
struct Operand {
  const T* data;
  std::int64_t line, step;

  /// Lines [i, i + lines) at [p, p + depth), packed as (depth, width).
  void pack(const Tiles<T>& tiles, std::int64_t i, std::int64_t lines, std::int64_t p,
            std::int64_t depth, std::int64_t width, T* to) const {
    const T* from = data + i * line + p * step;
    if (line != 1) return tiles.transpose(lines, width, depth, from, line, to);
    for (std::int64_t q = 0; q < depth; ++q) {
      for (std::int64_t j = 0; j < lines; ++j) to[q * width + j] = from[q * step + j];
    }
  }

  Operand from(std::int64_t i) const { return {data + i * line, line, step}; }
};

template <class T>
void multiply_in_tiles(const Tiles<T>& tiles, std::int64_t m, std::int64_t n, std::int64_t k,
                       Operand<T> a, Operand<T> b, bool add, T* c, std::int64_t ldc) {
  // The threads share the longer side, so that what each packs for itself is the shorter operand.
  constexpr double multiplications_per_thread = 1 << 18;
  const bool share_columns = n >= m;
  const std::int64_t unit = share_columns ? tiles.lanes : 4;
  const std::int64_t units = ((share_columns ? n : m) + unit - 1) / unit;
  const double multiplications =
      static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const std::int64_t parts = std::min<std::int64_t>(
      {units, max_threads(),
       1 + static_cast<std::int64_t>(multiplications / (2 * multiplications_per_thread))});

  const ProductBlocks<T> whole{&tiles, m, k};
  const Scratch<T> room(parts * whole.room());
  parallel_for(parts, 1, [&, room = room.data()](std::int64_t first_part, std::int64_t last_part) {
    for (std::int64_t part = first_part; part < last_part; ++part) {
      const std::int64_t begin = units * part / parts * unit;
      const std::int64_t end = std::min(units * (part + 1) / parts * unit, share_columns ? n : m);
      const Operand<T> rows = share_columns ? a : a.from(begin);
      const Operand<T> columns = share_columns ? b.from(begin) : b;
      const ProductBlocks<T> blocks{&tiles, share_columns ? m : end - begin, k};
      multiply(
          blocks, share_columns ? end - begin : n,
          [&](auto i, auto lines, auto p, auto depth, T* to) {
            rows.pack(tiles, i, lines, p, depth, lines, to);
          },
          [&](auto j, auto lines, auto p, auto depth, auto width, T* to) {
            columns.pack(tiles, j, lines, p, depth, width, to);
          },
          add, c + (share_columns ? begin : begin * ldc), ldc, room + part * whole.room());
    }
  });
}

template <class T>
void multiply_by_blas(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n,
                      std::int64_t k, const T* a, std::int64_t lda, const T* b, std::int64_t ldb,
                      T beta, T* c, std::int64_t ldc) {
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

}  // namespace

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, const T* b, bool add, T* c) {
  gemm(transpose_a, transpose_b, m, n, k, a, transpose_a ? m : k, b, transpose_b ? k : n, add, c,
       n);
}

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, std::int64_t lda, const T* b, std::int64_t ldb, bool add, T* c,
          std::int64_t ldc) {
  if (m == 0 || n == 0) return;
  if (k == 0) {  // an empty sum is 0
    for (std::int64_t i = 0; i < m && !add; ++i) std::fill_n(c + i * ldc, n, T{0});
    return;
  }
  if (const Tiles<T>* tiles = kernels::tiles<T>()) {
    const Operand<T> left = transpose_a ? Operand<T>{a, 1, lda} : Operand<T>{a, lda, 1};
    const Operand<T> right = transpose_b ? Operand<T>{b, ldb, 1} : Operand<T>{b, 1, ldb};
    return multiply_in_tiles(*tiles, m, n, k, left, right, add, c, ldc);
  }
  multiply_by_blas(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, T(add), c, ldc);
}

#define INSTANTIATE(T)                                                                             \
  template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const T*, const T*,     \
                     bool, T*);                                                                    \
  template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const T*, std::int64_t, \
                     const T*, std::int64_t, bool, T*, std::int64_t);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
