#include <doctest/doctest.h>
#include <engram/autograd/kernels/softmax.h>

#include "../instruction_sets.h"
#include "elements.h"

using namespace engram;

namespace {

constexpr AxisView views[] = {{1, 1, 1}, {3, 10, 1}, {2, 37, 1}, {2, 5, 3}, {1, 4, 70}, {0, 3, 2}};

/// Calls f(line, index of its element k as a function of k) for each line along the middle axis.
template <class F>
void for_lines(const AxisView& v, F f) {
  for (std::int64_t o = 0; o < v.outer; ++o) {
    for (std::int64_t i = 0; i < v.inner; ++i) {
      f(static_cast<std::size_t>(o * v.inner + i),
        [=](std::int64_t k) { return static_cast<std::size_t>((o * v.n + k) * v.inner + i); });
    }
  }
}

/// The definitions of one line: y = e^x / Σ e^x, log y, and Jᵀ·dy with ∂yⱼ/∂xₖ = yⱼ([j = k] − yₖ).
struct Softmax {
  std::vector<double> y, log_y, dx, dx_of_log;

  Softmax(const AxisView& view, const std::vector<double>& x, const std::vector<double>& dy)
      : y(x), log_y(x), dx(x), dx_of_log(x) {
    for_lines(view, [&](std::size_t, auto at) {
      double total = 0;
      for (std::int64_t k = 0; k < view.n; ++k) total += std::exp(x[at(k)]);
      for (std::int64_t k = 0; k < view.n; ++k) y[at(k)] = std::exp(x[at(k)]) / total;
      for (std::int64_t k = 0; k < view.n; ++k) log_y[at(k)] = std::log(y[at(k)]);
      for (std::int64_t k = 0; k < view.n; ++k) {
        dx[at(k)] = dx_of_log[at(k)] = 0;
        for (std::int64_t j = 0; j < view.n; ++j) {
          const double jacobian_of_log = (j == k ? 1 : 0) - y[at(k)];
          dx[at(k)] += dy[at(j)] * y[at(j)] * jacobian_of_log;
          dx_of_log[at(k)] += dy[at(j)] * jacobian_of_log;
        }
      }
    });
  }
};

}  // namespace

TEST_CASE_TEMPLATE("softmax and log_softmax: the definitions", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-14;
  for (const AxisView& view : views) {
    const std::int64_t numel = view.outer * view.n * view.inner;
    const std::vector<T> x = normal_elements<T>(numel, 1), dy = normal_elements<T>(numel, 2);
    const Softmax expected(view, as_doubles(x), as_doubles(dy));
    for (const auto set : sets()) {
      const Using use(set);
      std::vector<T> y(x), dx(x);
      kernels::softmax(view, x.data(), y.data());
      kernels::softmax_backward(view, y.data(), dy.data(), dx.data());
      CHECK(largest_difference(y, expected.y) < tolerance);
      CHECK(largest_difference(dx, expected.dx) < tolerance * 10);
      kernels::log_softmax(view, x.data(), y.data());
      kernels::log_softmax_backward(view, y.data(), dy.data(), dx.data());
      CHECK(largest_difference(y, expected.log_y) < tolerance * 10);
      CHECK(largest_difference(dx, expected.dx_of_log) < tolerance * 20);
    }
  }
}

// loss = −Σ q log y with q[c] = weight[c] · (confidence·[c = label] + uniform), dx = y Σ q − q.
TEST_CASE_TEMPLATE("cross_entropy: the definition", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-13;
  for (const AxisView& view : views) {
    const std::int64_t numel = view.outer * view.n * view.inner, lines = view.outer * view.inner;
    const std::vector<T> x = normal_elements<T>(numel, 1), scale = normal_elements<T>(lines, 2);
    std::vector<T> weight = normal_elements<T>(view.n, 3);
    for (T& w : weight) w = std::abs(w);
    std::vector<std::int64_t> label(static_cast<std::size_t>(lines));
    for (std::size_t l = 0; l < label.size(); ++l) {
      label[l] = l % 4 == 3 ? -1 : static_cast<std::int64_t>(l * 7) % view.n;
    }
    for (const T uniform : {T(0), T(0.05)}) {
      const kernels::Labels<T> labels{label.data(), -1, weight.data(), T(0.9), uniform};
      const Softmax softmax(view, as_doubles(x), as_doubles(x));
      std::vector<double> loss(label.size()), dx = softmax.y;
      for_lines(view, [&](std::size_t line, auto at) {
        double mass = 0;
        const auto q = [&](std::int64_t c) {
          const double smoothed = static_cast<double>(uniform) +
                                  (c == label[line] ? static_cast<double>(labels.confidence) : 0);
          return label[line] < 0
                     ? 0
                     : smoothed * static_cast<double>(weight[static_cast<std::size_t>(c)]);
        };
        for (std::int64_t c = 0; c < view.n; ++c) {
          loss[line] -= q(c) * softmax.log_y[at(c)];
          mass += q(c);
        }
        for (std::int64_t c = 0; c < view.n; ++c) {
          dx[at(c)] = static_cast<double>(scale[line]) * (softmax.y[at(c)] * mass - q(c));
        }
      });
      for (const auto set : sets()) {
        const Using use(set);
        std::vector<T> got(label.size()), largest(got), log_sum(got), got_dx(x);
        kernels::cross_entropy<T>(view, x.data(), labels, got.data(),
                                  {largest.data(), log_sum.data()});
        kernels::cross_entropy_backward<T>(view, x.data(), labels, {largest.data(), log_sum.data()},
                                           {scale.data(), true}, got_dx.data());
        CHECK(largest_difference(got, loss) < tolerance);
        CHECK(largest_difference(got_dx, dx) < tolerance);
      }
    }
  }
}
