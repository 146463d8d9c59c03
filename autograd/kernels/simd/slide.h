#pragma once

#include <engram/autograd/kernels/simd/vectors.h>
#include <engram/autograd/kernels/tiles.h>

// The microkernel of convolutions: Tiles::slide, for one instruction set.
namespace engram::kernels {
namespace {

/// Stores the wanted lanes one by one, where a whole vector would exceed the capacity. Not inlined,
/// as slide_whole has an instance for every shape of a tile.
template <class T>
[[gnu::noinline]] void store_part(Vector<T> wanted, const Destination<T>& destination,
                                  std::int64_t capacity, T* y) {
  T lanes[lanes_of<T>];
  store<T>(wanted, lanes);
  for (std::int64_t i = 0; i < destination.count && destination.to + i < capacity; ++i) {
    y[destination.to + i] = lanes[i];
  }
}

/// Stores the wanted lanes of a vector to their destination, with the others after them.
template <class T>
[[gnu::always_inline]] inline void store_wanted(const Vector<T>& sums,
                                                const Destination<T>& destination,
                                                std::int64_t capacity, T* y) {
  const Vector<T> wanted = shuffle<T>(sums, sums, load_as<Lanes<T>>(destination.lanes));
  if (destination.to + lanes_of<T> <= capacity) {
    store<T>(wanted, y + destination.to);
  } else {
    store_part<T>(wanted, destination, capacity, y);
  }
}

/// For `rows` × `vectors` sums, compile-time constants, so that the sums stay in registers.
template <class T, int vectors, int rows>
void slide_whole(const SlideTile<T>& tile) {
  // Local copies, which stores to y cannot alias.
  const std::int64_t depth = tile.depth, capacity = tile.capacity, row_stride = tile.row_stride;
  const std::int64_t* const taps = tile.taps;
  const T *weight = tile.weight, *const bias = tile.bias, *const x = tile.x;
  const Destination<T>* const destinations = tile.destinations;
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
    for (int v = 0; v < vectors; ++v)
      store_wanted<T>(sum[r][v], destinations[v], capacity, y + r * row_stride);
  }
}

/// The instance of slide_whole for a number of rows.
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
