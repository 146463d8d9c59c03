#pragma once

#include <filesystem>

namespace engram {

/// Error for a path with a zero byte, of which the system would take what stands before it.
void check_path(const char* caller, const std::filesystem::path& path);

/// Has the disk know the name of a file in its folder. False, with errno, when it does not; true
/// for a folder that may not be read and for a file system that cannot.
bool sync_folder_of(const std::filesystem::path& file);

}  // namespace engram
