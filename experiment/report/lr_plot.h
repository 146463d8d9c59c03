#pragma once

#include <engram/optim/find_lr.h>

#include <filesystem>
#include <string>

namespace engram::experiment {

/// Draws find_lr.png and find_lr.svg into the folder: the loss over the learning rate, and the
/// suggested rate. The script, find_lr.gp, includes its data and can be edited and run again.
/// Returns false, with a warning, if gnuplot failed; then there is no picture.
bool plot_lr_curve(const std::filesystem::path& folder, const optim::LRCurve& curve);

/// The gnuplot script of that picture.
std::string lr_plot_script(const optim::LRCurve& curve);

}  // namespace engram::experiment
