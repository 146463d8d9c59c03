// The tiles of products. The build compiles this file once for each instruction set, which it names
// in ENGRAM_INSTRUCTION_SET: so no header that other files share may be used here beyond
// declarations, or their inline functions would exist in an instruction set that the machine lacks.
#include <engram/autograd/kernels/simd/dot.h>
#include <engram/autograd/kernels/simd/slide.h>
#include <engram/autograd/kernels/simd/vectors.h>
#include <engram/autograd/kernels/simd/winograd.h>
#include <engram/autograd/kernels/tiles.h>

namespace engram::kernels {
namespace {

/// A whole tile of `rows` times `vectors`, both constants to the compiler, which keeps the sums in
/// registers: each step loads a row of b and multiplies it with each element of a column of a.
template <class T, int rows, int vectors>
void multiply_whole(std::int64_t depth, const T* a, const T* b, bool add, T* c,
                    std::int64_t row_distance) {
  constexpr int lanes = lanes_of<T>;
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
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      T* out = c + r * row_distance + v * lanes;
      store<T>(add ? load<T>(out) + sum[r][v] : sum[r][v], out);
    }
  }
}

/// multiply_whole for each number of rows that a tile may have, found at compile time.
template <class T, int vectors, int rows = tile_rows>
void multiply_rows(std::int64_t wanted, std::int64_t depth, const T* a, const T* b, bool add, T* c,
                   std::int64_t row_distance) {
  if constexpr (rows > 1) {
    if (wanted < rows) {
      return multiply_rows<T, vectors, rows - 1>(wanted, depth, a, b, add, c, row_distance);
    }
  }
  multiply_whole<T, rows, vectors>(depth, a, b, add, c, row_distance);
}

template <class T>
void multiply(std::int64_t rows, std::int64_t columns, std::int64_t depth, const T* a, const T* b,
              bool add, T* c, std::int64_t row_distance) {
  constexpr int lanes = lanes_of<T>;
  const auto whole = columns <= lanes ? multiply_rows<T, 1> : multiply_rows<T, 2>;
  if (columns % lanes == 0) return whole(rows, depth, a, b, add, c, row_distance);
  // What lies beyond the columns is not ours to write.
  T tile[tile_rows * 2 * lanes];
  whole(rows, depth, a, b, false, tile, 2 * lanes);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t j = 0; j < columns; ++j) {
      T& out = c[r * row_distance + j];
      out = add ? out + tile[r * 2 * lanes + j] : tile[r * 2 * lanes + j];
    }
  }
}

/// Of two vectors, the half of their blocks of `step` lanes that stands in the even (low) or odd
/// places, the first vector's and the second's in turn.
template <class T, int step, bool low>
inline Lanes<T> blocks() {
  Lanes<T> index{};
  for (int i = 0; i < lanes_of<T>; ++i) {
    index[i] =
        low ? (i & step ? i - step + lanes_of<T> : i) : (i & step ? i + lanes_of<T> : i + step);
  }
  return index;
}

/// Transposes a square of vectors: exchanges halves, then quarters, down to single elements.
template <class T, int step>
[[gnu::always_inline]] inline void exchange(Vector<T> (&rows)[lanes_of<T>]) {
  if constexpr (step > 0) {
    const Lanes<T> low = blocks<T, step, true>(), high = blocks<T, step, false>();
#pragma GCC unroll 16
    for (int i = 0; i < lanes_of<T>; ++i) {
      if (i & step) continue;
      const Vector<T> first = rows[i], second = rows[i + step];
      rows[i] = shuffle<T>(first, second, low);
      rows[i + step] = shuffle<T>(first, second, high);
    }
    exchange<T, step / 2>(rows);
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
    // reaches into the row below, which the first one puts right.
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

/// Whole rows of a tile or a panel: `lines` is a constant to the compiler.
template <class T, int lines>
void copy_whole(std::int64_t width, std::int64_t depth, const T* from, std::int64_t distance,
                T* to) {
  for (std::int64_t p = 0; p < depth; ++p) {
    __builtin_memcpy(to + p * width, from + p * distance, lines * sizeof(T));
  }
}

template <class T>
void copy(std::int64_t lines, std::int64_t width, std::int64_t depth, const T* from,
          std::int64_t distance, T* to) {
  constexpr int lanes = lanes_of<T>;
  if (lines == 2 * lanes) return copy_whole<T, 2 * lanes>(width, depth, from, distance, to);
  if (lines == lanes) return copy_whole<T, lanes>(width, depth, from, distance, to);
  if (lines == tile_rows) return copy_whole<T, tile_rows>(width, depth, from, distance, to);
  for (std::int64_t p = 0; p < depth; ++p) {
    for (std::int64_t j = 0; j < lines; ++j) to[p * width + j] = from[p * distance + j];
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
                          .winograd_cotangents = winograd_cotangents<T>,
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
