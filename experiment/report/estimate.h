#pragma once

#include <engram/experiment/json.h>

#include <cmath>
#include <span>
#include <string>

namespace engram::experiment {

/// A mean with its standard error, s/√n; the error is NaN below two values, both are for none.
struct Estimate {
  double mean = std::nan("");
  double error = std::nan("");
  int count = 0;
};

Estimate estimate(std::span<const double> values);

/// {"mean": …, "standard_error": …}, null for NaN.
Json to_json(const Estimate& estimate);

/// A standard error for an error bar: 0 for NaN.
inline double shown(double error) { return std::isnan(error) ? 0 : error; }

/// "97.31 ± 0.05" of an estimate in 0 to 1, in percent; "-" for none.
std::string percent(const Estimate& estimate);

}  // namespace engram::experiment
