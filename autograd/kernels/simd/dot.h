#pragma once

#include <engram/autograd/kernels/simd/vectors.h>
#include <engram/autograd/kernels/tiles.h>

// The innermost loop of the weight's gradient where there are few channels: Tiles::dot, for one
// instruction set.
namespace engram::kernels {
namespace {

/// For `rows` times `dot_taps` sums, which the compiler keeps in registers.
template <class T, int rows>
void dot_whole(std::int64_t vectors, const T* dy, std::int64_t distance, const T* x,
               const std::int64_t* taps, T* sums, std::int64_t sum_distance) {
  constexpr int lanes = lanes_of<T>;
  Vector<T> sum[rows][dot_taps] = {};
  for (std::int64_t p = 0; p < vectors * lanes; p += lanes) {
    Vector<T> given[rows];
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) given[r] = load<T>(dy + r * distance + p);
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
      T* to = sums + r * sum_distance + t * lanes;
      store<T>(load<T>(to) + sum[r][t], to);
    }
  }
}

template <class T>
void dot(std::int64_t rows, std::int64_t vectors, const T* dy, std::int64_t distance, const T* x,
         const std::int64_t* taps, T* sums, std::int64_t sum_distance) {
  const auto whole = rows == 1 ? dot_whole<T, 1> : rows == 2 ? dot_whole<T, 2> : dot_whole<T, 3>;
  whole(vectors, dy, distance, x, taps, sums, sum_distance);
}

}  // namespace
}  // namespace engram::kernels
