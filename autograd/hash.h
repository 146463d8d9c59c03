#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace engram {

/// The 64-bit FNV-1a hash of the bytes: Fowler, Noll and Vo, RFC 9923. The hash of two texts one
/// after the other is `fnv1a(second, fnv1a(first))`.
constexpr std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash = 0xcbf29ce484222325) {
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

inline std::uint64_t fnv1a(std::span<const std::byte> bytes,
                           std::uint64_t hash = fnv1a(std::string_view())) {
  return fnv1a({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, hash);
}

}  // namespace engram
