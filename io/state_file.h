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
/// little-endian. The file appears under its name complete or not at all. Error when it cannot be
/// written, with the system's reason, for a name that is longer than 1024 bytes, not UTF-8 or
/// `__metadata__`, where the format keeps its version, and for a header of more than 100 MB.
void save(const StateDict& state, const std::filesystem::path& path);

/// Reads a safetensors file of F32, F64, I64 and U8 tensors, in the order of its header. DataError,
/// with the file, the offset and what was expected, for any file that `save` cannot have written
/// but for white space and other `__metadata__`, and for one of a later format version. Files of
/// all versions from 0.1.0 on are read.
StateDict load(const std::filesystem::path& path);

/// The bytes of the file that `save` writes.
std::vector<std::byte> serialize(const StateDict& state);

/// Reads these bytes as `load` reads a file; errors call it `name`.
StateDict deserialize(std::span<const std::byte> bytes, const std::string& name);

}  // namespace engram
