#pragma once

#include <engram/autograd/kernels/instruction_set.h>

#include <cstdint>
#include <type_traits>

namespace engram::kernels {

/// The number of a lane of a vector of T.
template <class T>
using Lane = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// Which lanes of a vector are wanted, and where they go: side by side, from `to` on.
template <class T>
struct Landing {
  std::int64_t to, count;
  Lane<T> lanes[64 / sizeof(T)];  // the wanted ones first
};

/// c (rows, columns) = Σ_p a[p, row]·b[p, column], added to c if `add`.
template <class T>
struct ProductTile {
  std::int64_t rows, columns, depth;
  const T* a;  // packed as (depth, rows)
  const T* b;  // packed as (depth, columns) in whole vectors, whatever lies beyond the columns
  bool add;
  T* c;
  std::int64_t row_stride;  // of c
};

/// y (rows, …) = bias[row] + Σ_p weight[p, row]·x[taps[p] + position], for some vectors of
/// neighbouring positions, each of which lands as it says, whole where that stays below `room`.
template <class T>
struct SlideTile {
  std::int64_t rows, vectors, depth;
  const T* weight;  // packed as (depth, rows)
  const T* bias;    // (rows), or null
  const T* x;
  const std::int64_t* taps;    // (depth)
  const Landing<T>* landings;  // (vectors)
  std::int64_t room;
  T* y;
  std::int64_t row_stride;  // of y
};

/// sums[row, tap], a vector, += Σ_v dy[row, v]·x[taps[tap] + v] over so many vectors of
/// neighbouring positions.
template <class T>
struct DotTile {
  std::int64_t rows, vectors;
  const T* dy;
  std::int64_t row_stride;  // of dy
  const T* x;
  const std::int64_t* taps;
  T* sums;
  std::int64_t sum_stride;  // between the rows of the sums
};

/// y = Aᵀ·m·A + bias, 2 × 2 for each of some Winograd tiles side by side.
template <class T>
struct WinogradOutputs {
  std::int64_t rows, width;     // of y: 1 or 2 rows
  const T* m;                   // (16, tiles)
  std::int64_t element_stride;  // between the 16 elements of a tile
  T bias;
  T* y;
  std::int64_t row_stride;  // of y
};

/// The microkernels of one instruction set (simd/tiles.cpp). A product is computed tile by tile:
/// some rows of A times one or two vectors of columns of B accumulate in registers.
template <class T>
struct Tiles {
  std::int64_t rows;                // of the largest tile
  std::int64_t lanes;               // the elements of a vector
  std::int64_t sums;                // the vectors that registers hold in a tile
  std::int64_t dot_rows, dot_taps;  // of the largest tile of `dot`, whose taps are always so many

  /// At most `this->rows` rows and two vectors of columns.
  void (*multiply)(const ProductTile<T>& tile);

  /// At most 4 vectors, and rows · vectors at most `sums`.
  void (*slide)(const SlideTile<T>& tile);

  /// `dot_taps` taps and at most `dot_rows` rows.
  void (*dot)(const DotTile<T>& tile);

  /// v[4r + k][tile] = Bᵀ·d·B of the 4 × 4 elements d of x from column 2·tile on, for some tiles
  /// side by side: see convolution_winograd.cpp. Reads four rows of x, `row_stride` apart, and
  /// writes the 16 elements of v `element_stride` apart, both in whole vectors, beyond the last
  /// tile.
  void (*winograd_inputs)(std::int64_t tiles, const T* x, std::int64_t row_stride, T* v,
                          std::int64_t element_stride);

  /// The same for p = A·d·Aᵀ of the 2 × 2 elements d of two rows of dy.
  void (*winograd_grad_outputs)(std::int64_t tiles, const T* dy, std::int64_t row_stride, T* p,
                                std::int64_t element_stride);

  void (*winograd_outputs)(const WinogradOutputs<T>& tiles);

  /// to (depth, width) = from (depth, lines), whose rows are `stride` apart. What lies beyond the
  /// lines does not change.
  void (*copy)(std::int64_t lines, std::int64_t width, std::int64_t depth, const T* from,
               std::int64_t stride, T* to);

  /// to[p, j] = from[j][p], for a width below lines + lanes of a vector; what lies beyond the lines
  /// does not matter. May spoil a vector beyond the end of `to` (depth, width).
  void (*transpose)(std::int64_t lines, std::int64_t width, std::int64_t depth,
                    const T* const* from, T* to);
};

/// Of the instruction set in use.
template <class T>
const Tiles<T>& tiles();

/// Defined in simd/tiles.cpp, once for each set.
template <class T, InstructionSet set>
const Tiles<T>& tiles_of();

}  // namespace engram::kernels
