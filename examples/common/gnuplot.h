#pragma once

#include <filesystem>
#include <string>

namespace engram::examples {

/// Writes a gnuplot script to `path` and has gnuplot run it in the script's folder. What fails is
/// told on stderr and is no error: the picture is missing, the numbers are safe. Returns whether
/// gnuplot did its work.
bool run_gnuplot(const std::filesystem::path& path, const std::string& script);

}  // namespace engram::examples
