#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace engram {

/// A regular file that is read. DataError, in the name of `caller`, when it cannot be: for a folder
/// or a pipe as well, which would wait for its other end.
class InputFile {
 public:
  InputFile(const char* caller, const std::filesystem::path& path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  /// As it was when the file was opened.
  std::uint64_t size() const { return size_; }
  /// Fills `bytes` from an offset on; returns how many there were.
  std::size_t read(std::uint64_t offset, std::span<std::byte> bytes) const;

 private:
  [[noreturn]] void failed() const;

  const char* caller_;
  std::string name_;
  int file_;
  std::uint64_t size_ = 0;
};

}  // namespace engram
