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

/// The innermost loops of products, for one instruction set (simd/tiles.cpp). A product is computed
/// tile by tile: some rows of A, packed as (depth, rows), times one or two vectors of columns of B,
/// packed as (depth, columns), accumulate in registers.
template <class T>
struct Tiles {
  std::int64_t rows;                // of the largest tile
  std::int64_t lanes;               // the elements of a vector
  std::int64_t sums;                // the vectors that registers hold in a tile
  std::int64_t dot_rows, dot_taps;  // of the largest tile of `dot`, whose taps are always so many

  /// c (rows, columns) = Σ_p a[p, row]·b[p, column], added to c if `add`. At most `this->rows` rows
  /// and two vectors of columns; b is packed in whole vectors, whatever lies beyond its columns.
  void (*multiply)(std::int64_t rows, std::int64_t columns, std::int64_t depth, const T* a,
                   const T* b, bool add, T* c, std::int64_t row_distance);

  /// y (rows, ...) = bias[row] + Σ_p weight[p, row]·x[taps[p] + position], for some vectors of
  /// neighbouring positions, each of which lands as it says, whole where that stays below `room`.
  /// At most 4 vectors, and rows · vectors at most `sums`. The weight is packed as (depth, rows);
  /// bias may be null.
  void (*slide)(std::int64_t rows, std::int64_t vectors, std::int64_t depth, const T* weight,
                const T* bias, const T* x, const std::int64_t* taps, const Landing<T>* landings,
                std::int64_t room, T* y, std::int64_t row_distance);

  /// sums[row, tap], a vector, += Σ_v dy[row, v]·x[taps[tap] + v] over so many vectors of
  /// neighbouring positions, for `dot_taps` taps and at most `dot_rows` rows. The rows of dy and of
  /// the sums have the given distances.
  void (*dot)(std::int64_t rows, std::int64_t vectors, const T* dy, std::int64_t row_distance,
              const T* x, const std::int64_t* taps, T* sums, std::int64_t sum_distance);

  /// v[4r + k][tile] = Bᵀ·d·B of the 4 × 4 elements d of x from column 2·tile on, for some tiles
  /// side by side: see convolution_winograd.cpp. Four rows of x, `pitch` apart; what the elements
  /// of v are of is `distance` apart. Works on whole vectors: reads x, and spoils v, beyond the
  /// last tile.
  void (*winograd_inputs)(std::int64_t tiles, const T* x, std::int64_t pitch, T* v,
                          std::int64_t distance);

  /// The same for p = A·d·Aᵀ of the 2 × 2 elements d of dy, in two rows.
  void (*winograd_cotangents)(std::int64_t tiles, const T* dy, std::int64_t pitch, T* p,
                              std::int64_t distance);

  /// y = Aᵀ·m·A + bias, 2 × 2 for each tile: `rows` (1 or 2) rows of `width` elements.
  void (*winograd_outputs)(std::int64_t rows, std::int64_t width, const T* m, std::int64_t distance,
                           T bias, T* y, std::int64_t pitch);

  /// to (depth, width) = from (depth, lines), whose rows are `distance` apart. What lies beyond the
  /// lines does not change.
  void (*copy)(std::int64_t lines, std::int64_t width, std::int64_t depth, const T* from,
               std::int64_t distance, T* to);

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
