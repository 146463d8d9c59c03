#pragma once

#include <engram/autograd/kernels/instruction_set.h>

#include <cstdint>
#include <type_traits>

namespace engram::kernels {

/// The index of a lane of a vector of T.
template <class T>
using Lane = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// The destination of a vector's wanted lanes: contiguous, from offset `to` on.
template <class T>
struct Destination {
  std::int64_t to, count;
  Lane<T> lanes[64 / sizeof(T)];  // the wanted ones first
};

/// c (rows, columns) = Σ_p a[p, row]·b[p, column], added to c if `add`.
template <class T>
struct ProductTile {
  std::int64_t rows, columns, depth;
  const T* a;  // packed as (depth, rows)
  const T* b;  // packed as (depth, columns) in whole vectors; arbitrary past the columns
  bool add;
  T* c;
  std::int64_t row_stride;  // of c
};

/// y (rows, …) = bias[row] + Σ_p weight[p, row]·x[taps[p] + position], for some vectors of
/// contiguous positions, each stored to its destination: as a whole vector, with excess lanes,
/// where it ends within the `capacity` of a row of y.
template <class T>
struct SlideTile {
  std::int64_t rows, vectors, depth;
  const T* weight;  // packed as (depth, rows)
  const T* bias;    // (rows), or null
  const T* x;
  const std::int64_t* taps;            // (depth)
  const Destination<T>* destinations;  // (vectors)
  std::int64_t capacity;
  T* y;
  std::int64_t row_stride;  // of y
};

/// sums[row, tap], a vector, += Σ_v dy[row, v]·x[taps[tap] + v] over the vectors v of contiguous
/// positions.
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

/// y = Aᵀ·m·A + bias, 2 × 2 outputs of each tile in a row of Winograd tiles.
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
  std::int64_t sums;                // the vectors of sums of a tile, all in registers
  std::int64_t dot_rows, dot_taps;  // of the largest tile of `dot`; the taps of every tile

  /// At most `this->rows` rows and two vectors of columns.
  void (*multiply)(const ProductTile<T>& tile);

  /// At most 4 vectors, and rows · vectors at most `sums`.
  void (*slide)(const SlideTile<T>& tile);

  /// `dot_taps` taps and at most `dot_rows` rows.
  void (*dot)(const DotTile<T>& tile);

  /// v[4r + k][tile] = Bᵀ·d·B of the 4 × 4 elements d of x from column 2·tile on, for a row of
  /// tiles: see convolution_winograd.cpp. Reads four rows of x and writes the 16 elements of v,
  /// with the given strides, in whole vectors, also past the last tile.
  void (*winograd_inputs)(std::int64_t tiles, const T* x, std::int64_t row_stride, T* v,
                          std::int64_t element_stride);

  /// The same for p = A·d·Aᵀ of the 2 × 2 elements d of two rows of dy.
  void (*winograd_grad_outputs)(std::int64_t tiles, const T* dy, std::int64_t row_stride, T* p,
                                std::int64_t element_stride);

  void (*winograd_outputs)(const WinogradOutputs<T>& tiles);

  /// to (depth, width) = from (depth, lines), with this row stride of `from`. Elements past the
  /// lines do not change.
  void (*copy)(std::int64_t lines, std::int64_t width, std::int64_t depth, const T* from,
               std::int64_t stride, T* to);

  /// to[p, j] = from[j][p], for width < lines + lanes; elements past the lines are arbitrary. May
  /// overwrite a vector past the end of `to` (depth, width).
  void (*transpose)(std::int64_t lines, std::int64_t width, std::int64_t depth,
                    const T* const* from, T* to);
};

/// The microkernels of the instruction set in use.
template <class T>
const Tiles<T>& tiles();

/// Defined in simd/tiles.cpp, once for each set.
template <class T, InstructionSet set>
const Tiles<T>& tiles_of();

}  // namespace engram::kernels
