#pragma once

#include <engram/autograd/state.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace engram {

/// Writes the state as a safetensors file (https://github.com/huggingface/safetensors), which
/// Python reads too: the length of a JSON header as 8 bytes, the header, the elements, all
/// little-endian. Atomic: the file appears complete or not at all. Error when writing fails, with
/// the system's reason; for a name that is longer than 1024 bytes, not UTF-8 or `__metadata__`,
/// where the format keeps its version; and for a header of more than 100 MB.
void save(const StateDict& state, const std::filesystem::path& path);

/// Reads a safetensors file of F32, F64, I64, U8 and BOOL tensors, in the order of its header.
/// Files of `save` of all versions from 0.1.0 on are read, with any white space and `__metadata__`.
/// DataError, with the file, the offset and the expected value, for any other file and for a later
/// format version.
StateDict load(const std::filesystem::path& path);

/// The bytes of the file that `save` writes.
std::vector<std::byte> serialize(const StateDict& state);

/// Reads `bytes` as `load` reads a file; `name` is the file's name in errors.
StateDict deserialize(std::span<const std::byte> bytes, const std::string& name);

}  // namespace engram
