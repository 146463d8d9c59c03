#pragma once

#include "common/experiment.h"

#include <engram/experiment/report/estimate.h>

#include <span>

namespace engram::examples::study {

/// a − b of independent estimates.
Estimate difference(const Estimate& a, const Estimate& b);

/// Whether the estimate is farther from 0 than two standard errors; false when it has none.
bool is_clear(const Estimate& estimate);

/// Where the piecewise linear curve through (x, y), x rising, has the value `target` for the first
/// time while it falls or rises to it from its first point; NaN when it never has.
double first_crossing(std::span<const double> x, std::span<const double> y, double target);

/// The value at `at` of the piecewise linear curve through (x, y), x rising; NaN outside of it.
double interpolate(std::span<const double> x, std::span<const double> y, double at);

}  // namespace engram::examples::study
