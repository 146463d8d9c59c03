// The microkernels. The build compiles this file once for each instruction set, which it names in
// ENGRAM_INSTRUCTION_SET. Of headers that other files share only declarations may be used here: the
// linker might choose this file's copy of an inline function for a machine that lacks the set.
#include <engram/autograd/kernels/simd/dot.h>
#include <engram/autograd/kernels/simd/slide.h>
#include <engram/autograd/kernels/simd/vectors.h>
#include <engram/autograd/kernels/simd/winograd.h>
#include <engram/autograd/kernels/tiles.h>

namespace engram::kernels {
namespace {

/// A full tile of `rows` × `vectors`, compile-time constants, so that the sums stay in registers:
/// each iteration loads a row of b and multiplies it by each element of a column of a.
template <class T, int rows, int vectors>
void multiply_whole(const ProductTile<T>& tile) {
  constexpr int lanes = lanes_of<T>;
  const std::int64_t depth = tile.depth;
  const T *a = tile.a, *b = tile.b;
  Vector<T> sum[rows][vectors] = {};
  for (std::int64_t p = 0; p < depth; ++p, a += rows, b += vectors * lanes) {
    Vector<T> row[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) row[v] = load<T>(b + v * lanes);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sum[r][v] += a[r] * row[v];
    }
  }
  const bool add = tile.add;
  const std::int64_t row_stride = tile.row_stride;
  T* const c = tile.c;
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      T* out = c + r * row_stride + v * lanes;
      store<T>(add ? load<T>(out) + sum[r][v] : sum[r][v], out);
    }
  }
}

/// The instance of multiply_whole for the tile's number of rows.
template <class T, int vectors, int rows = tile_rows>
void multiply_rows(const ProductTile<T>& tile) {
  if constexpr (rows > 1) {
    if (tile.rows < rows) return multiply_rows<T, vectors, rows - 1>(tile);
  }
  multiply_whole<T, rows, vectors>(tile);
}

template <class T>
void multiply(const ProductTile<T>& tile) {
  constexpr int lanes = lanes_of<T>;
  const auto whole = tile.columns <= lanes ? multiply_rows<T, 1> : multiply_rows<T, 2>;
  if (tile.columns % lanes == 0) return whole(tile);
  // c must not be written past its columns.
  T sums[tile_rows * 2 * lanes];
  ProductTile<T> padded = tile;
  padded.add = false;
  padded.c = sums;
  padded.row_stride = 2 * lanes;
  whole(padded);
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    for (std::int64_t j = 0; j < tile.columns; ++j) {
      T& out = tile.c[r * tile.row_stride + j];
      out = tile.add ? out + sums[r * 2 * lanes + j] : sums[r * 2 * lanes + j];
    }
  }
}

/// Shuffle index: the even (low) or odd blocks of `size` lanes of two vectors, interleaved.
template <class T, int size, bool low>
inline Lanes<T> blocks() {
  Lanes<T> index{};
  for (int i = 0; i < lanes_of<T>; ++i) {
    index[i] =
        low ? (i & size ? i - size + lanes_of<T> : i) : (i & size ? i + lanes_of<T> : i + size);
  }
  return index;
}

/// Transposes a square of vectors: exchanges halves, then quarters, down to single elements.
template <class T, int size>
[[gnu::always_inline]] inline void exchange(Vector<T> (&rows)[lanes_of<T>]) {
  if constexpr (size > 0) {
    const Lanes<T> low = blocks<T, size, true>(), high = blocks<T, size, false>();
#pragma GCC unroll 16
    for (int i = 0; i < lanes_of<T>; ++i) {
      if (i & size) continue;
      const Vector<T> first = rows[i], second = rows[i + size];
      rows[i] = shuffle<T>(first, second, low);
      rows[i + size] = shuffle<T>(first, second, high);
    }
    exchange<T, size / 2>(rows);
  }
}

/// A square of the transpose, from `lines` lines; the others are 0.
template <class T, int lines>
void transpose_square(const T* const* from, std::int64_t p0, T* to, std::int64_t width) {
  constexpr int lanes = lanes_of<T>;
  Vector<T> rows[lanes];
#pragma GCC unroll 16
  for (int j = 0; j < lanes; ++j) {
    rows[j] = j < lines ? load<T>(from[j] + p0) : Vector<T>{};
  }
  exchange<T, lanes / 2>(rows);
#pragma GCC unroll 16
  for (int p = 0; p < lanes; ++p) store<T>(rows[p], to + p * width);
}

template <class T, int lines = lanes_of<T>>
auto square_of(std::int64_t wanted) {
  if constexpr (lines > 1) {
    if (wanted < lines) return square_of<T, lines - 1>(wanted);
  }
  return &transpose_square<T, lines>;
}

template <class T>
void transpose(std::int64_t lines, std::int64_t width, std::int64_t depth, const T* const* from,
               T* to) {
  constexpr std::int64_t lanes = lanes_of<T>;
  std::int64_t p = 0;
  for (; p + lanes <= depth; p += lanes) {
    // From the last square to the first: where the width is no multiple of a vector, the last one
    // overwrites the start of the next row, which the first one writes again.
    for (std::int64_t q = (lines - 1) / lanes * lanes; q >= 0; q -= lanes) {
      const std::int64_t some = lines - q < lanes ? lines - q : lanes;
      square_of<T>(some)(from + q, p, to + p * width + q, width);
    }
  }
  for (; p < depth; ++p) {
    for (std::int64_t j = 0; j < width; ++j) {
      to[p * width + j] = j < lines ? from[j][p] : T{0};
    }
  }
}

/// Rows of a full tile or panel: `lines` is a compile-time constant.
template <class T, int lines>
void copy_whole(std::int64_t width, std::int64_t depth, const T* from, std::int64_t stride, T* to) {
  for (std::int64_t p = 0; p < depth; ++p) {
    __builtin_memcpy(to + p * width, from + p * stride, lines * sizeof(T));
  }
}

template <class T>
void copy(std::int64_t lines, std::int64_t width, std::int64_t depth, const T* from,
          std::int64_t stride, T* to) {
  constexpr int lanes = lanes_of<T>;
  if (lines == 2 * lanes) return copy_whole<T, 2 * lanes>(width, depth, from, stride, to);
  if (lines == lanes) return copy_whole<T, lanes>(width, depth, from, stride, to);
  if (lines == tile_rows) return copy_whole<T, tile_rows>(width, depth, from, stride, to);
  for (std::int64_t p = 0; p < depth; ++p) {
    for (std::int64_t j = 0; j < lines; ++j) to[p * width + j] = from[p * stride + j];
  }
}

template <class T>
constexpr Tiles<T> all = {.rows = tile_rows,
                          .lanes = lanes_of<T>,
                          .sums = tile_sums,
                          .dot_rows = dot_rows,
                          .dot_taps = dot_taps,
                          .multiply = multiply<T>,
                          .slide = slide<T>,
                          .dot = dot<T>,
                          .winograd_inputs = winograd_inputs<T>,
                          .winograd_grad_outputs = winograd_grad_outputs<T>,
                          .winograd_outputs = winograd_outputs<T>,
                          .copy = copy<T>,
                          .transpose = transpose<T>};

}  // namespace

template <>
const Tiles<float>& tiles_of<float, InstructionSet::ENGRAM_INSTRUCTION_SET>() {
  return all<float>;
}

template <>
const Tiles<double>& tiles_of<double, InstructionSet::ENGRAM_INSTRUCTION_SET>() {
  return all<double>;
}

}  // namespace engram::kernels
