#include <doctest/doctest.h>
#include <engram/autograd/kernels/gemm.h>
#include <engram/autograd/kernels/instruction_set.h>
#include <engram/engram.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "instruction_sets.h"
#include "operations.h"
#include "values.h"

// Every instruction set that the machine has, against plain loops and against the baseline.
using namespace engram;
using kernels::InstructionSet;

namespace {

/// The largest error of gemm, in units of the bound for any order of summation, eps · Σ |a||b|.
template <class T>
double gemm_error(bool ta, bool tb, std::int64_t m, std::int64_t n, std::int64_t k, bool add) {
  const DType dtype = dtype_of<T>();
  const Tensor a = randn(ta ? Shape{k, m} : Shape{m, k}, dtype);
  const Tensor b = randn(tb ? Shape{n, k} : Shape{k, n}, dtype);
  const Tensor before = randn({m, n}, dtype), c = clone(before);
  kernels::gemm<T>({.m = m,
                    .n = n,
                    .k = k,
                    .a = {.data = a.data<T>().data(), .transposed = ta},
                    .b = {.data = b.data<T>().data(), .transposed = tb},
                    .c = {c.data<T>().data()},
                    .add = add});
  const auto va = values(a), vb = values(b), vc = values(c), v0 = values(before);
  double worst = 0;
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      const auto at = static_cast<std::size_t>(i * n + j);
      double sum = add ? v0[at] : 0, magnitude = std::abs(sum) + 1e-30;
      for (std::int64_t p = 0; p < k; ++p) {
        const double term = va[static_cast<std::size_t>(ta ? p * m + i : i * k + p)] *
                            vb[static_cast<std::size_t>(tb ? j * k + p : p * n + j)];
        sum += term;
        magnitude += std::abs(term);
      }
      const double error = std::abs(vc[at] - sum) / magnitude;
      worst = std::max(worst, error / std::numeric_limits<T>::epsilon());
    }
  }
  return worst;
}

/// The result of an operation and the gradients of its inputs, in a dtype.
std::vector<Values> results(const test::OperationCase& operation, DType dtype) {
  std::vector<Tensor> inputs, parameters;
  for (const Tensor& input : operation.inputs) {
    inputs.push_back(is_floating(input.dtype()) ? clone(cast(input, dtype)) : input);
    if (!is_floating(input.dtype())) continue;
    inputs.back().set_requires_grad();
    parameters.push_back(inputs.back());
  }
  manual_seed(5);
  Tape tape;
  const Tensor y = operation.f(inputs);
  std::vector<Values> all{values(y)};
  if (!y.requires_grad()) return all;
  const Tensor dy = randn(y.shape(), dtype);
  for (const Tensor& dx : tape.gradient(y, parameters, {.gradient = dy, .allow_unused = true})) {
    if (dx.defined()) all.push_back(values(dx));
  }
  return all;
}

}  // namespace

TEST_CASE("operations: every set computes what the baseline does, up to rounding") {
  for (const DType dtype : {f32, f64}) {
    const double tolerance = dtype == f32 ? 2e-5 : 1e-13;
    for (const test::OperationCase& operation : test::operations()) {
      CAPTURE(operation.name);
      std::vector<Values> expected;
      for (const InstructionSet set : sets()) {
        const Using use(set);
        const std::vector<Values> all = results(operation, dtype);
        if (set == InstructionSet::baseline) expected = all;
        REQUIRE(all.size() == expected.size());
        for (std::size_t k = 0; k < all.size(); ++k) {
          REQUIRE(all[k].size() == expected[k].size());
          double scale = 1, difference = 0;
          for (std::size_t i = 0; i < all[k].size(); ++i) {
            scale = std::max(scale, std::abs(expected[k][i]));
            difference = std::max(difference, std::abs(all[k][i] - expected[k][i]));
          }
          CHECK(difference <= tolerance * scale);
        }
      }
    }
  }
}

TEST_CASE("products: every set, all transpositions, sizes around those of the tiles") {
  manual_seed(1);
  for (const InstructionSet set : sets()) {
    const Using use(set);
    CAPTURE(set_name(set));
    struct Sizes {
      std::int64_t m, n, k;
    };
    for (const Sizes& sizes :
         {Sizes{1, 1, 1}, Sizes{1, 33, 5}, Sizes{1, 300, 2000}, Sizes{300, 1, 1999},
          Sizes{13, 1, 17}, Sizes{12, 32, 16}, Sizes{6, 16, 8}, Sizes{25, 65, 15},
          Sizes{11, 15, 33}, Sizes{7, 17, 400}, Sizes{500, 31, 3}, Sizes{37, 47, 800},
          Sizes{0, 3, 2}, Sizes{3, 0, 2}, Sizes{3, 2, 0}}) {
      for (const int flags : {0, 1, 2, 3, 4, 5, 6, 7}) {
        const std::int64_t m = sizes.m, n = sizes.n, k = sizes.k;
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        CAPTURE(flags);
        CHECK(gemm_error<float>(flags & 1, flags & 2, m, n, k, flags & 4) < 8);
        CHECK(gemm_error<double>(flags & 1, flags & 2, m, n, k, flags & 4) < 8);
      }
    }
  }
}

TEST_CASE("products: a thread's share may need larger blocks than the whole") {
  const int before = num_threads();
  set_num_threads(2);
  manual_seed(2);
  const Tensor a = randn({962, 50}), b = randn({50, 40});  // blocks of 324 rows, then of 480
  set_num_threads(1);
  const auto expected = values(matmul(a, b));
  set_num_threads(2);
  // Many times: a race needs both threads to work at once.
  bool equal = true;
  for (int i = 0; i < 200; ++i) equal = equal && values(matmul(a, b)) == expected;
  CHECK(equal);
  set_num_threads(before);
}

TEST_CASE("set_instruction_set takes what the machine has, and nothing else") {
  for (const auto set : {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
    if (set <= kernels::best_instruction_set()) {
      const Using use(set);
      CHECK(kernels::instruction_set() == set);
    } else {
      CHECK_THROWS_WITH_AS(kernels::set_instruction_set(set),
                           set == InstructionSet::avx512
                               ? "set_instruction_set: this machine has no AVX-512"
                               : "set_instruction_set: this machine has no AVX2",
                           Error);
    }
  }
  CHECK(kernels::instruction_set() == kernels::best_instruction_set());
}
