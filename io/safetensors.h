#pragma once

#include <engram/autograd/dtype.h>
#include <engram/autograd/shape.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The header of a safetensors file: JSON that says which tensors follow it, and where.
///
///     {"__metadata__": {"format": "engram", "version": "2"},
///      "fc1.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
namespace engram::safetensors {

inline constexpr std::uint64_t max_header_bytes = 100'000'000;  // the format's own limit

/// Of the names in the files that we write, and of what they mean; a file of a later version is
/// refused. Version 1 are the files of 0.1.0, which have no metadata.
inline constexpr int format_version = 2;

/// What the header says of one tensor. Offsets count from the end of the header.
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

/// Reads a header that stands behind the 8 bytes of its length, in a file in which `data_bytes`
/// follow it. On return the entries cover just these bytes without overlap, and each has the bytes
/// that its shape and dtype need. DataError otherwise, with the offset in the file.
std::vector<Entry> read_header(const std::string& file, std::string_view header,
                               std::uint64_t data_bytes);

}  // namespace engram::safetensors
