#include "optimizers/statistics.h"

#include <algorithm>
#include <cmath>

namespace engram::examples::study {

Estimate difference(const Estimate& a, const Estimate& b) {
  return {.mean = a.mean - b.mean,
          .error = std::hypot(a.error, b.error),
          .count = std::min(a.count, b.count)};
}

bool is_clear(const Estimate& estimate) {
  return std::abs(estimate.mean) > 2 * estimate.error;  // false for NaN
}

double first_crossing(std::span<const double> x, std::span<const double> y, double target) {
  if (y.empty()) return std::nan("");
  if (y[0] == target) return x[0];
  for (std::size_t i = 1; i < y.size(); ++i) {
    if ((y[i - 1] < target) != (y[i] < target) || y[i] == target) {
      return x[i - 1] + (x[i] - x[i - 1]) * (target - y[i - 1]) / (y[i] - y[i - 1]);
    }
  }
  return std::nan("");
}

double interpolate(std::span<const double> x, std::span<const double> y, double at) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == at) return y[i];
    if (i > 0 && x[i - 1] < at && at < x[i]) {
      return y[i - 1] + (y[i] - y[i - 1]) * (at - x[i - 1]) / (x[i] - x[i - 1]);
    }
  }
  return std::nan("");
}

}  // namespace engram::examples::study
