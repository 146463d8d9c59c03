#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace engram {

/// A regular file, open for reading. DataError, in the name of `caller`, when opening or reading
/// fails, and for a folder or a pipe (which would block).
class InputFile {
 public:
  InputFile(const char* caller, const std::filesystem::path& path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  /// The size when the file was opened.
  std::uint64_t size() const { return size_; }
  /// Reads into `bytes` from an offset on; returns the number of bytes read, fewer at the file's
  /// end.
  std::size_t read(std::uint64_t offset, std::span<std::byte> bytes) const;

 private:
  [[noreturn]] void failed() const;

  const char* caller_;
  std::string name_;
  int file_;
  std::uint64_t size_ = 0;
};

}  // namespace engram
