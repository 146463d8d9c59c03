#pragma once

#include <engram/autograd/kernels/simd/vectors.h>

#include <cstdint>

// The transforms of Winograd's convolution (convolution_winograd.cpp), Tiles::winograd_…, for one
// instruction set. The lanes of a vector are adjacent tiles.
namespace engram::kernels {
namespace {

/// Shuffle index: every second lane of two vectors, from lane `first` on.
template <class T, int first>
inline Lanes<T> every_second() {
  Lanes<T> index{};
  for (int i = 0; i < lanes_of<T>; ++i) index[i] = 2 * i + first;
  return index;
}

/// Shuffle index: the lower halves of two vectors, or the upper ones, interleaved.
template <class T, bool upper>
inline Lanes<T> in_turn() {
  Lanes<T> index{};
  for (int i = 0; i < lanes_of<T>; ++i) {
    index[i] = i / 2 + (upper ? lanes_of<T> / 2 : 0) + (i % 2 ? lanes_of<T> : 0);
  }
  return index;
}

/// Bᵀ·d of one column.
template <class T>
[[gnu::always_inline]] inline void spread(const Vector<T>& d0, const Vector<T>& d1,
                                          const Vector<T>& d2, const Vector<T>& d3,
                                          Vector<T> (&v)[4]) {
  v[0] = d0 - d2;
  v[1] = d1 + d2;
  v[2] = d2 - d1;
  v[3] = d1 - d3;
}

template <class T>
void winograd_inputs(std::int64_t count, const T* x, std::int64_t row_stride, T* v,
                     std::int64_t stride) {
  constexpr int lanes = lanes_of<T>;
  const Lanes<T> even = every_second<T, 0>(), odd = every_second<T, 1>();
  for (std::int64_t tile = 0; tile < count; tile += lanes) {
    Vector<T> rows[4][4];  // of each row of x: d·B
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) {
      const T* from = x + r * row_stride + 2 * tile;
      const Vector<T> a = load<T>(from), b = load<T>(from + lanes);
      const Vector<T> c = load<T>(from + 2), d = load<T>(from + 2 + lanes);
      spread<T>(shuffle<T>(a, b, even), shuffle<T>(a, b, odd), shuffle<T>(c, d, even),
                shuffle<T>(c, d, odd), rows[r]);
    }
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
      Vector<T> column[4];
      spread<T>(rows[0][k], rows[1][k], rows[2][k], rows[3][k], column);
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) store<T>(column[r], v + (4 * r + k) * stride + tile);
    }
  }
}

/// A·d of one column.
template <class T>
[[gnu::always_inline]] inline void spread_grad_outputs(const Vector<T>& d0, const Vector<T>& d1,
                                                       Vector<T> (&p)[4]) {
  p[0] = d0;
  p[1] = d0 + d1;
  p[2] = d0 - d1;
  p[3] = -d1;
}

template <class T>
void winograd_grad_outputs(std::int64_t count, const T* dy, std::int64_t row_stride, T* p,
                           std::int64_t stride) {
  constexpr int lanes = lanes_of<T>;
  const Lanes<T> even = every_second<T, 0>(), odd = every_second<T, 1>();
  for (std::int64_t tile = 0; tile < count; tile += lanes) {
    Vector<T> rows[2][4];  // of each row of dy: d·Aᵀ
#pragma GCC unroll 2
    for (int r = 0; r < 2; ++r) {
      const T* from = dy + r * row_stride + 2 * tile;
      const Vector<T> a = load<T>(from), b = load<T>(from + lanes);
      spread_grad_outputs<T>(shuffle<T>(a, b, even), shuffle<T>(a, b, odd), rows[r]);
    }
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
      Vector<T> column[4];
      spread_grad_outputs<T>(rows[0][k], rows[1][k], column);
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) store<T>(column[r], p + (4 * r + k) * stride + tile);
    }
  }
}

/// A vector of the lanes of two vectors, concatenated, from lane `first` on.
template <class T>
[[gnu::always_inline]] inline Vector<T> from_lane(std::int64_t first, const Vector<T>& low,
                                                  const Vector<T>& high) {
  Lanes<T> index{};
  for (int i = 0; i < lanes_of<T>; ++i) index[i] = i;
  return shuffle<T>(low, high, index + static_cast<Lane<T>>(first));
}

/// Stores the first n < 2 · part lanes of a vector, as two overlapping parts. (Through an array the
/// load of the second would wait for the store.)
template <class T, int part = lanes_of<T> / 2>
[[gnu::always_inline]] inline void store_first(std::int64_t n, const Vector<T>& vector, T* y) {
  if (n >= part) {
    const Vector<T> last = from_lane<T>(n - part, vector, vector);
    __builtin_memcpy(y, &vector, part * sizeof(T));
    __builtin_memcpy(y + n - part, &last, part * sizeof(T));
  } else if constexpr (part > 1) {
    store_first<T, part / 2>(n, vector, y);
  }
}

/// Stores one row of outputs, two of each tile, at most `width` of them.
template <class T>
[[gnu::always_inline]] inline void store_row(const Vector<T>& left, const Vector<T>& right,
                                             std::int64_t width, T* y) {
  constexpr int lanes = lanes_of<T>;
  const Vector<T> low = shuffle<T>(left, right, in_turn<T, false>());
  const Vector<T> high = shuffle<T>(left, right, in_turn<T, true>());
  if (width < lanes) return store_first<T>(width, low, y);
  store<T>(low, y);
  const std::int64_t rest = width < 2 * lanes ? width - lanes : lanes;
  store<T>(from_lane<T>(rest, low, high), y + rest);
}

template <class T>
void winograd_outputs(const WinogradOutputs<T>& tiles) {
  constexpr int lanes = lanes_of<T>;
  const auto [rows, width, m, stride, bias, y, row_stride] = tiles;
  for (std::int64_t at = 0; at < width; at += 2 * lanes) {
    Vector<T> upper[4], lower[4];  // the rows of Aᵀ·m
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
      const T* from = m + k * stride + at / 2;
      const Vector<T> m0 = load<T>(from), m1 = load<T>(from + 4 * stride);
      const Vector<T> m2 = load<T>(from + 8 * stride), m3 = load<T>(from + 12 * stride);
      upper[k] = m0 + m1 + m2;
      lower[k] = m1 - m2 - m3;
    }
    store_row<T>(upper[0] + upper[1] + upper[2] + bias, upper[1] - upper[2] - upper[3] + bias,
                 width - at, y + at);
    if (rows == 1) continue;
    store_row<T>(lower[0] + lower[1] + lower[2] + bias, lower[1] - lower[2] - lower[3] + bias,
                 width - at, y + row_stride + at);
  }
}

}  // namespace
}  // namespace engram::kernels
