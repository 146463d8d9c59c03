#pragma once

#include <engram/autograd/error.h>

#include <filesystem>
#include <string>

namespace engram {

/// Error for a path with a zero byte, of which the system would take what stands before it.
inline void check_path(const char* caller, const std::filesystem::path& path) {
  check(path.native().find('\0') == std::string::npos, "{}: the path {} goes on after a zero byte",
        caller, path.c_str());
}

}  // namespace engram
