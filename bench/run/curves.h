#pragma once

#include "measure.h"

#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// Draws the times over each axis of the measurements' points, log-log, in a picture `name` (.png
/// and .svg) with one panel an axis, at the smallest number of threads measured; and, in a last
/// panel, the speedup at the largest number, over the axis measured with several numbers.
void plot_curves(const std::filesystem::path& folder, const std::string& name,
                 const std::vector<Measurement>& measurements);

}  // namespace bench
