#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace engram {

/// A file that is written under a temporary name in the same folder, NAME.PID-NUMBER.tmp, and
/// renamed to NAME when all of it is on the disk. An existing file is replaced, and its mode kept.
/// The destructor removes an unfinished temporary file. The next write of NAME removes the
/// temporary files of killed processes; on a file system that several machines share, also those
/// that another machine is writing. A symbolic link is kept, and its target replaced. Error, in the
/// name of `caller`, when something cannot be written, and when NAME is not a regular file.
class AtomicFile {
 public:
  AtomicFile(const char* caller, const std::filesystem::path& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(const void* bytes, std::size_t count);
  void finish();

 private:
  AtomicFile() = default;
  bool open_temporary(const std::string& name);
  void sweep(const std::string& stem) const;
  [[noreturn]] void failed() const;

  const char* caller_ = nullptr;
  std::filesystem::path path_;    // as given, for errors
  std::filesystem::path target_;  // path_ without symbolic links at its end
  std::string temporary_;         // empty: none to remove
  int file_ = -1;
};

}  // namespace engram
