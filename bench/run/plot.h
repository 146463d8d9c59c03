#pragma once

#include "measure.h"

#include <filesystem>
#include <vector>

namespace bench {

/// Draws a picture for each group of works (bench-networks.png and .svg, …): the ratios as bars, a
/// row for each work and a panel for each number of threads; or curves, for works with a point on
/// an axis.
void plot(const std::filesystem::path& folder, const std::vector<Measurement>& measurements);

}  // namespace bench
