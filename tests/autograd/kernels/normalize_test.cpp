#include <doctest/doctest.h>
#include <engram/autograd/kernels/normalize.h>

#include "../instruction_sets.h"
#include "elements.h"

using namespace engram;
using kernels::Groups;
using kernels::Parameters;

namespace {

constexpr double eps = 1e-3;

/// The definitions, group by group, with g = dy · weight and averages over the group:
///     y = x̂ · weight + bias,   dx = (g − avg(g) − x̂ · avg(g · x̂)) / √(variance + eps).
struct Normalized {
  std::vector<double> y, mean, variance, dx, dweight, dbias;

  Normalized(const Groups& groups, Parameters parameters, const std::vector<double>& x,
             const std::vector<double>& weight, const std::vector<double>& bias,
             const std::vector<double>& dy)
      : y(x), dx(x), dweight(weight.size()), dbias(bias.size()) {
    const auto n = static_cast<double>(groups.size());
    for (std::int64_t group = 0; group < groups.count; ++group) {
      // f(element, parameter) for each element of the group.
      const auto for_elements = [&](auto f) {
        for (std::int64_t o = 0; o < groups.outer; ++o) {
          for (std::int64_t i = 0; i < groups.inner; ++i) {
            f(static_cast<std::size_t>((o * groups.count + group) * groups.inner + i),
              static_cast<std::size_t>(parameters == Parameters::of_group ? group : i));
          }
        }
      };
      double average = 0, square = 0, average_g = 0, average_g_x_hat = 0;
      for_elements([&](auto at, auto) { average += x[at] / n; });
      for_elements([&](auto at, auto) { square += (x[at] - average) * (x[at] - average) / n; });
      const double std = std::sqrt(square + eps);
      const auto x_hat = [&](std::size_t at) { return (x[at] - average) / std; };
      for_elements([&](auto at, auto p) {
        y[at] = x_hat(at) * weight[p] + bias[p];
        average_g += dy[at] * weight[p] / n;
        average_g_x_hat += dy[at] * weight[p] * x_hat(at) / n;
        dweight[p] += dy[at] * x_hat(at);
        dbias[p] += dy[at];
      });
      for_elements([&](auto at, auto p) {
        dx[at] = (dy[at] * weight[p] - average_g - x_hat(at) * average_g_x_hat) / std;
      });
      mean.push_back(average);
      variance.push_back(square);
    }
  }
};

}  // namespace

TEST_CASE_TEMPLATE("normalize: the definition", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 2e-4 : 1e-11;
  struct Case {
    Groups groups;
    Parameters parameters;
  };
  // One group of one element; channels as columns, fewer and more than a band; channels of images;
  // rows.
  const Case cases[] = {{{1, 1, 1}, Parameters::of_group},    {{9, 5, 1}, Parameters::of_group},
                        {{40, 71, 1}, Parameters::of_group},  {{3, 4, 35}, Parameters::of_group},
                        {{1, 6, 130}, Parameters::of_place},  {{1, 40, 1}, Parameters::of_place},
                        {{1, 1, 1000}, Parameters::of_place}, {{1, 0, 3}, Parameters::of_place}};
  for (const auto& [groups, parameters] : cases) {
    CAPTURE(groups.count);
    CAPTURE(groups.inner);
    const std::int64_t numel = groups.size() * groups.count;
    const std::int64_t each = parameters == Parameters::of_group ? groups.count : groups.inner;
    const std::vector<T> x = normal_elements<T>(numel, 1), dy = normal_elements<T>(numel, 2);
    const std::vector<T> weight = normal_elements<T>(each, 3), bias = normal_elements<T>(each, 4);
    const Normalized expected(groups, parameters, as_doubles(x), as_doubles(weight),
                              as_doubles(bias), as_doubles(dy));
    for (const auto set : sets()) {
      const Using use(set);
      std::vector<T> y(x), dx(x), dweight(weight), dbias(bias);
      std::vector<T> mean(static_cast<std::size_t>(groups.count)), variance(mean),
          inverse_std(mean);
      kernels::normalize<T>({.groups = groups,
                             .parameters = parameters,
                             .eps = eps,
                             .x = x.data(),
                             .weight = weight.data(),
                             .bias = bias.data(),
                             .y = y.data(),
                             .mean = mean.data(),
                             .variance = variance.data(),
                             .inverse_std = inverse_std.data()});
      kernels::normalize_backward<T>({.groups = groups,
                                      .parameters = parameters,
                                      .x = x.data(),
                                      .weight = weight.data(),
                                      .mean = mean.data(),
                                      .inverse_std = inverse_std.data(),
                                      .dy = dy.data(),
                                      .dx = dx.data(),
                                      .dweight = dweight.data(),
                                      .dbias = dbias.data()});
      CHECK(largest_difference(y, expected.y) < tolerance);
      CHECK(largest_difference(mean, expected.mean) < tolerance);
      CHECK(largest_difference(variance, expected.variance) < tolerance);
      CHECK(largest_difference(dx, expected.dx) < tolerance);
      CHECK(largest_difference(dweight, expected.dweight) < tolerance);
      CHECK(largest_difference(dbias, expected.dbias) < tolerance);
    }
  }
}
