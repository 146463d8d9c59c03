#pragma once

#include <engram/autograd/tensor.h>

#include <filesystem>

namespace engram {

/// Reads an IDX file of bytes, the format of MNIST: the magic number 0x000008RR with the rank RR
/// from 1 to 4, RR sizes of 4 bytes, all big-endian, then the elements. Returns u8 of those sizes.
/// DataError with the file, the offset, and the expected and the found value: sizes are checked
/// against the file's size before memory is allocated, and nothing may follow the elements.
Tensor read_idx(const std::filesystem::path& path);

/// Writes u8 of rank 1 to 4 in this format, atomically: when writing fails (Error), an existing
/// file is unchanged. DTypeError and ShapeError for any other tensor.
void write_idx(const std::filesystem::path& path, const Tensor& x);

}  // namespace engram
