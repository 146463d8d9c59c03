#pragma once

#include <engram/autograd/tensor.h>

#include <filesystem>

namespace engram {

/// Reads an IDX file of bytes, the format of MNIST: the magic number 0x000008RR with the rank RR
/// from 1 to 4, RR sizes of 4 bytes, all big-endian, then the elements. Returns u8 of those sizes.
/// DataError names the file, the offset, what was expected and what was there: every size is
/// checked against the file's own before memory is taken, and nothing may follow the elements.
Tensor read_idx(const std::filesystem::path& path);

/// Writes u8 of rank 1 to 4 as such a file. A file of this name is replaced all at once, or, when
/// writing fails (Error), not at all. DTypeError and ShapeError for any other tensor.
void write_idx(const std::filesystem::path& path, const Tensor& x);

}  // namespace engram
