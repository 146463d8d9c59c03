#pragma once

#include <engram/autograd/kernels/tiles.h>

#include <cstdint>
#include <limits>

namespace engram::kernels {

/// How many parts, none larger than `most`, n takes, and the size of so many equal ones.
inline std::int64_t parts_of(std::int64_t n, std::int64_t most) { return (n + most - 1) / most; }
inline std::int64_t equal_parts(std::int64_t n, std::int64_t most) {
  return parts_of(n, parts_of(n, most));
}

/// How many channels and vectors of positions a tile of Tiles::slide takes.
struct TileShape {
  std::int64_t channels, vectors;
};

/// The shape that needs the fewest tiles: whole ones, if it can be.
template <class T>
TileShape tile_shape(std::int64_t channels, std::int64_t vectors) {
  TileShape best{};
  std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t most_vectors : {2, 3, 4}) {
    const std::int64_t most_channels = tiles<T>().sums / most_vectors;
    const std::int64_t count = parts_of(channels, most_channels) * parts_of(vectors, most_vectors);
    if (count >= fewest) continue;
    fewest = count;
    best = {equal_parts(channels, most_channels), equal_parts(vectors, most_vectors)};
  }
  return best;
}

}  // namespace engram::kernels
