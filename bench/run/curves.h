#pragma once

#include "measure.h"

#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// Draws how times grow along each axis of the measurements' points, log-log, in a picture `name`
/// (.png and .svg) of one panel an axis, for the fewest threads that were measured; and in a last
/// panel, how many times as fast the most threads are, along the axis that has several numbers of
/// them.
void plot_curves(const std::filesystem::path& folder, const std::string& name,
                 const std::vector<Measurement>& measurements);

}  // namespace bench
