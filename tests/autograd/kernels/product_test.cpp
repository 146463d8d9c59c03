#include <doctest/doctest.h>
#include <engram/autograd/kernels/gemm.h>

#include "../instruction_sets.h"
#include "elements.h"

using namespace engram;

namespace {

/// The definition: c[i, j] (+)= Σ_p a[i, p] · b[p, j].
template <class T>
std::vector<double> product(const kernels::MatrixProduct<T>& p, const std::vector<T>& c) {
  const auto element = [](const kernels::StoredMatrix<const T>& m, std::int64_t i, std::int64_t j) {
    return static_cast<double>(m.transposed ? m.data[j * m.row_stride + i]
                                            : m.data[i * m.row_stride + j]);
  };
  std::vector<double> result = as_doubles(c);
  for (std::int64_t i = 0; i < p.m; ++i) {
    for (std::int64_t j = 0; j < p.n; ++j) {
      double& sum = result[static_cast<std::size_t>(i * p.c.row_stride + j)];
      if (!p.add) sum = 0;
      for (std::int64_t k = 0; k < p.k; ++k) sum += element(p.a, i, k) * element(p.b, k, j);
    }
  }
  return result;
}

/// The error of a product whose three matrices have `gap` elements between their rows.
template <class T>
double error_of(std::int64_t m, std::int64_t n, std::int64_t k, bool transpose_a, bool transpose_b,
                bool add, std::int64_t gap) {
  const auto stride = [gap](std::int64_t columns) { return columns + gap; };
  const std::int64_t lda = stride(transpose_a ? m : k), ldb = stride(transpose_b ? k : n);
  const std::vector<T> a = normal_elements<T>((transpose_a ? k : m) * lda, 1);
  const std::vector<T> b = normal_elements<T>((transpose_b ? n : k) * ldb, 2);
  std::vector<T> c = normal_elements<T>(m * stride(n), 3);
  const kernels::MatrixProduct<T> p{.m = m,
                                    .n = n,
                                    .k = k,
                                    .a = {a.data(), lda, transpose_a},
                                    .b = {b.data(), ldb, transpose_b},
                                    .c = {c.data(), stride(n)},
                                    .add = add};
  const std::vector<double> expected = product(p, c);
  kernels::gemm(p);
  return largest_difference(c, expected);
}

}  // namespace

// Sizes at the limits of vectors, tiles and blocks, and one above, and vectors as matrices.
// Elements between the rows of c must not change.
TEST_CASE("gemm: the definition, at every size of vector, tile and block") {
  struct Sizes {
    std::int64_t m, n, k;
  };
  const Sizes cases[] = {{0, 3, 2},    {3, 0, 2},     {3, 2, 0},     {1, 1, 1},   {1, 33, 7},
                         {33, 1, 7},   {5, 17, 1},    {15, 31, 16},  {16, 32, 8}, {17, 33, 9},
                         {29, 65, 40}, {481, 33, 10}, {14, 70, 385}, {3, 64, 769}};
  for (const auto set : sets()) {
    const Using use(set);
    CAPTURE(static_cast<int>(set));
    for (const auto& [m, n, k] : cases) {
      CAPTURE(m);
      CAPTURE(n);
      CAPTURE(k);
      for (int options = 0; options < 16; ++options) {
        CAPTURE(options);
        const bool ta = options & 1, tb = options & 2, add = options & 4;
        const std::int64_t gap = options & 8 ? 3 : 0;
        CHECK(error_of<double>(m, n, k, ta, tb, add, gap) < 1e-12);
        CHECK(error_of<float>(m, n, k, ta, tb, add, gap) < 2e-3);
      }
    }
  }
}
