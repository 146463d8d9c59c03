#pragma once

#include "common/experiment.h"

#include <engram/experiment/report/estimate.h>

#include <span>

namespace engram::examples::study {

/// a − b of independent estimates.
Estimate difference(const Estimate& a, const Estimate& b);

/// Whether |mean| is above two standard errors; false without a standard error.
bool is_clear(const Estimate& estimate);

/// The smallest x at which the piecewise linear curve through (x, y), x ascending, has the value
/// `target`; NaN if it never has.
double first_crossing(std::span<const double> x, std::span<const double> y, double target);

/// The value at `at` of the piecewise linear curve through (x, y), x ascending; NaN outside of it.
double interpolate(std::span<const double> x, std::span<const double> y, double at);

}  // namespace engram::examples::study
