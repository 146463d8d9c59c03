#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace engram {

/// A file that appears under its name when all of it is on the disk, replacing what was there,
/// whose mode it keeps; until then it has another name in the same folder, NAME.PID-NUMBER.tmp,
/// which the destructor removes. What a killed process left under such a name is removed when NAME
/// is written next; on a file system that several machines share, also what another one is writing.
/// A symbolic link stays, and the file that it leads to is replaced. Error, in the name of
/// `caller`, when something cannot be written, and when there is something else than a regular file
/// under the name.
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
  std::filesystem::path path_;    // as it was given, for errors
  std::filesystem::path target_;  // without symbolic links at its end
  std::string temporary_;         // empty when there is none to remove
  int file_ = -1;
};

}  // namespace engram
