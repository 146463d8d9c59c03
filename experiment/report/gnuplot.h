#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace engram::experiment {

/// Writes a gnuplot script to `path` and has gnuplot run it; `pictures` are the names of the PNG,
/// GIF and SVG files that it draws, which then stand in the script's folder. What fails is told on
/// stderr and is no error: the pictures are missing, the numbers are safe. Returns whether gnuplot
/// drew all of them to the end. Throws Interrupted on Ctrl-C.
bool run_gnuplot(const std::filesystem::path& path, const std::string& script,
                 const std::vector<std::string>& pictures);

}  // namespace engram::experiment
