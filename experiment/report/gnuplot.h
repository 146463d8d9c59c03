#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace engram::experiment {

/// Writes a gnuplot script to `path` and runs gnuplot on it; `pictures` are the names of the PNG,
/// GIF and SVG files that it draws into the script's folder. A failure is a warning on stderr, not
/// an error: the pictures are missing, the numbers are stored. Returns whether all pictures were
/// drawn completely. Throws Interrupted on Ctrl-C.
bool run_gnuplot(const std::filesystem::path& path, const std::string& script,
                 const std::vector<std::string>& pictures);

}  // namespace engram::experiment
