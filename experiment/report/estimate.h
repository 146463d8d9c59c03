#pragma once

#include <engram/experiment/json.h>

#include <cmath>
#include <span>
#include <string>

namespace engram::experiment {

/// A mean with its standard error, s/√n; the error is NaN for less than two values, both for none.
struct Estimate {
  double mean = std::nan("");
  double error = std::nan("");
  int count = 0;
};

Estimate estimate(std::span<const double> values);

/// {"mean": …, "standard_error": …}, null where there is none.
Json to_json(const Estimate& estimate);

/// A standard error as a picture shows it: 0 where there is none.
inline double shown(double error) { return std::isnan(error) ? 0 : error; }

/// "97.31 ± 0.05" of an estimate in 0 to 1, in percent; "-" for none.
std::string percent(const Estimate& estimate);

}  // namespace engram::experiment
