#pragma once

#include <engram/autograd/kernels/simd/vectors.h>
#include <engram/autograd/kernels/tiles.h>

// The microkernel of the weight's gradient for few channels: Tiles::dot, for one instruction set.
namespace engram::kernels {
namespace {

/// For `rows` × `dot_taps` sums, which stay in registers.
template <class T, int rows>
void dot_whole(const DotTile<T>& tile) {
  const std::int64_t vectors = tile.vectors, row_stride = tile.row_stride;
  const std::int64_t* const taps = tile.taps;
  const T *const dy = tile.dy, *const x = tile.x;
  constexpr int lanes = lanes_of<T>;
  Vector<T> sum[rows][dot_taps] = {};
  for (std::int64_t p = 0; p < vectors * lanes; p += lanes) {
    Vector<T> given[rows];
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) given[r] = load<T>(dy + r * row_stride + p);
#pragma GCC unroll 16
    for (int t = 0; t < dot_taps; ++t) {
      Vector<T> seen = load<T>(x + taps[t] + p);
      keep<T>(seen);
#pragma GCC unroll 16
      for (int r = 0; r < rows; ++r) sum[r][t] += given[r] * seen;
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int t = 0; t < dot_taps; ++t) {
      T* to = tile.sums + r * tile.sum_stride + t * lanes;
      store<T>(load<T>(to) + sum[r][t], to);
    }
  }
}

template <class T>
void dot(const DotTile<T>& tile) {
  const auto whole = tile.rows == 1   ? dot_whole<T, 1>
                     : tile.rows == 2 ? dot_whole<T, 2>
                                      : dot_whole<T, 3>;
  whole(tile);
}

}  // namespace
}  // namespace engram::kernels
