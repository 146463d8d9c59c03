#pragma once

#include <filesystem>
#include <string_view>

namespace engram {

/// A file that several processes may add to. What was added is on the disk when `append` returns;
/// a process that is killed meanwhile may leave a part of it. Error when it cannot be written.
class AppendFile {
 public:
  /// Makes the file where there is none.
  explicit AppendFile(std::filesystem::path path);

  void append(std::string_view text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace engram
