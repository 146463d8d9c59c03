#pragma once

#include <filesystem>

namespace engram {

/// Error for a path with a zero byte, where the system would cut the path.
void check_path(const char* caller, const std::filesystem::path& path);

/// Syncs the folder of a file, which puts the file's name on the disk. False, with errno, on
/// failure; true for a folder that may not be read, and on a file system that does not sync
/// folders.
bool sync_folder_of(const std::filesystem::path& file);

}  // namespace engram
