#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace engram::examples::study {

/// A mean with its standard error, s/√n; the error is NaN for less than two values, both for none.
struct Estimate {
  double mean = std::nan("");
  double error = std::nan("");
  int count = 0;
};

Estimate estimate(std::span<const double> values);

/// A standard error as a picture shows it: 0 where there is none.
inline double shown(double error) { return std::isnan(error) ? 0 : error; }

/// a − b of independent estimates.
Estimate difference(const Estimate& a, const Estimate& b);

/// Whether the estimate is farther from 0 than two standard errors; false when it has none.
bool is_clear(const Estimate& estimate);

/// "97.31 ± 0.05" of an estimate in 0 to 1, in percent; "-" for none.
std::string percent(const Estimate& estimate);

/// Where the piecewise linear curve through (x, y), x rising, has the value `target` for the first
/// time while it falls or rises to it from its first point; NaN when it never has.
double first_crossing(std::span<const double> x, std::span<const double> y, double target);

/// The value at `at` of the piecewise linear curve through (x, y), x rising; NaN outside of it.
double interpolate(std::span<const double> x, std::span<const double> y, double at);

}  // namespace engram::examples::study
