#pragma once

#include "measure.h"

#include <filesystem>
#include <vector>

namespace bench {

/// Draws the ratios as bars, a picture for each group of works (bench-networks.png and .svg, …):
/// a line for each work, a panel for each number of threads.
void plot(const std::filesystem::path& folder, const std::vector<Measurement>& measurements);

}  // namespace bench
