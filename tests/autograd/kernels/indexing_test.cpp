#include <doctest/doctest.h>
#include <engram/autograd/kernels/indexing.h>

#include "elements.h"

using namespace engram;

// The definitions: y[o, k, i] = x[o, index[k], i], and y[o, index[k], i] += x[o, k, i].
TEST_CASE("index_select and index_add: the definitions") {
  for (const AxisView& view : {AxisView{1, 5, 1}, AxisView{3, 4, 7}, AxisView{1, 3, 300},
                               AxisView{50, 2, 1}, AxisView{0, 3, 2}}) {
    CAPTURE(view.outer);
    CAPTURE(view.inner);
    const std::vector<std::int64_t> index{2 % view.n, 0, 1, 1, 0, 1};
    const std::int64_t count = std::ssize(index);
    const std::vector<double> x = normal_elements<double>(view.outer * view.n * view.inner, 1);
    const std::vector<double> rows = normal_elements<double>(view.outer * count * view.inner, 2);
    std::vector<double> selected(rows.size()), added = x;
    for (std::int64_t o = 0; o < view.outer; ++o) {
      for (std::int64_t k = 0; k < count; ++k) {
        for (std::int64_t i = 0; i < view.inner; ++i) {
          const auto row = static_cast<std::size_t>((o * count + k) * view.inner + i);
          const auto at = static_cast<std::size_t>(
              (o * view.n + index[static_cast<std::size_t>(k)]) * view.inner + i);
          selected[row] = x[at];
          added[at] += rows[row];
        }
      }
    }
    std::vector<double> y(rows.size()), sums = x;
    kernels::index_select(view, x.data(), count, index.data(), y.data());
    CHECK(y == selected);
    kernels::index_add(view, rows.data(), count, index.data(), sums.data());
    CHECK(sums == added);
  }
}
