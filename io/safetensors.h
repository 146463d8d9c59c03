#pragma once

#include <engram/autograd/dtype.h>
#include <engram/autograd/shape.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The JSON header of a safetensors file: names, dtypes, shapes and offsets of the tensors after
/// it.
///
///     {"__metadata__": {"format": "engram", "version": "2"},
///      "fc1.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
namespace engram::safetensors {

inline constexpr std::uint64_t max_header_bytes = 100'000'000;  // the format's own limit

/// The version of the names in written files, and of their meaning; a file of a later version is
/// rejected. Version 1: the files of 0.1.0, which have no metadata.
inline constexpr int format_version = 2;

/// The header's entry of one tensor. Offsets count from the end of the header.
struct Entry {
  std::string name;
  DType dtype = f32;
  Shape shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Error for a name longer than 1024 bytes, not UTF-8 or `__metadata__`, and for a header over the
/// format's limit.
std::string write_header(const std::vector<Entry>& entries);

/// Parses a header, which follows the 8 bytes of its length in a file with `data_bytes` after the
/// header. The returned entries cover these bytes without gaps or overlaps, and each has the bytes
/// that its shape and dtype need. DataError otherwise, with the offset in the file.
std::vector<Entry> read_header(const std::string& file, std::string_view header,
                               std::uint64_t data_bytes);

}  // namespace engram::safetensors
