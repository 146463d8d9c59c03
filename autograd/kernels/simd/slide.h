#pragma once

#include <engram/autograd/kernels/simd/vectors.h>
#include <engram/autograd/kernels/tiles.h>

// The innermost loop of convolutions: Tiles::slide, for one instruction set.
namespace engram::kernels {
namespace {

/// The wanted lanes one by one, where a whole vector would reach beyond the room. Not inlined: the
/// loops around it exist for every shape of a tile.
template <class T>
[[gnu::noinline]] void land_in_part(Vector<T> wanted, const Landing<T>& landing, std::int64_t room,
                                    T* y) {
  T lanes[lanes_of<T>];
  store<T>(wanted, lanes);
  for (std::int64_t i = 0; i < landing.count && landing.to + i < room; ++i) {
    y[landing.to + i] = lanes[i];
  }
}

/// Where the first lanes of a vector that are wanted go.
template <class T>
[[gnu::always_inline]] inline void land(const Vector<T>& sums, const Landing<T>& landing,
                                        std::int64_t room, T* y) {
  const Vector<T> wanted = shuffle<T>(sums, sums, load_as<Lanes<T>>(landing.lanes));
  if (landing.to + lanes_of<T> <= room) {
    store<T>(wanted, y + landing.to);
  } else {
    land_in_part<T>(wanted, landing, room, y);
  }
}

/// For `rows` times `vectors` sums, both constants to the compiler, which keeps them in registers.
template <class T, int vectors, int rows>
void slide_whole(const SlideTile<T>& tile) {
  // Copies, which no store to y may change for the compiler.
  const std::int64_t depth = tile.depth, room = tile.room, row_stride = tile.row_stride;
  const std::int64_t* const taps = tile.taps;
  const T *weight = tile.weight, *const bias = tile.bias, *const x = tile.x;
  const Landing<T>* const landings = tile.landings;
  T* const y = tile.y;
  Vector<T> sum[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) sum[r][v] = Vector<T>{} + (bias ? bias[r] : T{0});
  }
  for (std::int64_t p = 0; p < depth; ++p, weight += rows) {
    const T* from = x + taps[p];
    Vector<T> seen[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) seen[v] = load<T>(from + v * lanes_of<T>);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) sum[r][v] += weight[r] * seen[v];
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) land<T>(sum[r][v], landings[v], room, y + r * row_stride);
  }
}

/// slide_whole for each number of rows, found at compile time.
template <class T, int vectors, int rows = tile_sums / vectors>
auto slide_of(std::int64_t wanted) {
  if constexpr (rows > 1) {
    if (wanted < rows) return slide_of<T, vectors, rows - 1>(wanted);
  }
  return &slide_whole<T, vectors, rows>;
}

template <class T>
void slide(const SlideTile<T>& tile) {
  const auto of_vectors = tile.vectors == 1   ? slide_of<T, 1, tile_sums / 2>
                          : tile.vectors == 2 ? slide_of<T, 2>
                          : tile.vectors == 3 ? slide_of<T, 3>
                                              : slide_of<T, 4>;
  of_vectors(tile.rows)(tile);
}

}  // namespace
}  // namespace engram::kernels
