#include <doctest/doctest.h>
#include <engram/autograd/kernels/reduce.h>

#include "../instruction_sets.h"
#include "elements.h"

using namespace engram;

namespace {

/// The definitions along the middle axis: sum, max, min, argmax (the first).
struct Reduced {
  std::vector<double> sum, max, min, argmax;

  Reduced(const AxisView& v, const std::vector<double>& x) {
    for (std::int64_t o = 0; o < v.outer; ++o) {
      for (std::int64_t i = 0; i < v.inner; ++i) {
        const auto at = [&](std::int64_t k) {
          return x[static_cast<std::size_t>((o * v.n + k) * v.inner + i)];
        };
        double total = 0;
        std::int64_t largest = 0, smallest = 0;
        for (std::int64_t k = 0; k < v.n; ++k) {
          total += at(k);
          if (at(k) > at(largest)) largest = k;
          if (at(k) < at(smallest)) smallest = k;
        }
        sum.push_back(total);
        max.push_back(at(largest));
        min.push_back(at(smallest));
        argmax.push_back(static_cast<double>(largest));
      }
    }
  }
};

}  // namespace

// Runs and columns; lengths around those of vectors, of blocks of 64 and of strips of 256.
TEST_CASE_TEMPLATE("reductions: the definitions", T, float, double) {
  for (const AxisView& view : {AxisView{1, 1, 1}, AxisView{3, 67, 1}, AxisView{1, 5000, 1},
                               AxisView{2, 65, 3}, AxisView{1, 129, 257}, AxisView{0, 4, 5}}) {
    CAPTURE(view.n);
    CAPTURE(view.inner);
    const std::vector<T> x = normal_elements<T>(view.outer * view.n * view.inner, 1);
    const Reduced expected(view, as_doubles(x));
    for (const auto set : sets()) {
      const Using use(set);
      std::vector<T> y(static_cast<std::size_t>(view.outer * view.inner));
      std::vector<std::int64_t> index(y.size());
      kernels::sum(view, x.data(), y.data());
      CHECK(largest_difference(y, expected.sum) < (sizeof(T) == 4 ? 1e-4 : 1e-11));
      kernels::max(view, x.data(), y.data());
      CHECK(largest_difference(y, expected.max) == 0);
      kernels::min(view, x.data(), y.data());
      CHECK(largest_difference(y, expected.min) == 0);
      kernels::argmax(view, x.data(), index.data());
      CHECK(largest_difference(index, expected.argmax) == 0);
    }
  }
}
