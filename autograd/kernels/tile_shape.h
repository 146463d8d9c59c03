#pragma once

#include <engram/autograd/kernels/tiles.h>

#include <cstdint>
#include <limits>

namespace engram::kernels {

/// The smallest number of parts of n of at most `limit` each, and their size if they are equal.
inline std::int64_t parts_of(std::int64_t n, std::int64_t limit) { return (n + limit - 1) / limit; }
inline std::int64_t equal_parts(std::int64_t n, std::int64_t limit) {
  return parts_of(n, parts_of(n, limit));
}

/// Channels and vectors of positions of a tile of Tiles::slide.
struct TileShape {
  std::int64_t channels, vectors;
};

/// The shape that needs the fewest tiles, of nearly equal size.
template <class T>
TileShape tile_shape(std::int64_t channels, std::int64_t vectors) {
  TileShape best{};
  std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t max_vectors : {2, 3, 4}) {
    const std::int64_t max_channels = tiles<T>().sums / max_vectors;
    const std::int64_t count = parts_of(channels, max_channels) * parts_of(vectors, max_vectors);
    if (count >= fewest) continue;
    fewest = count;
    best = {equal_parts(channels, max_channels), equal_parts(vectors, max_vectors)};
  }
  return best;
}

}  // namespace engram::kernels
