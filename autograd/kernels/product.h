#pragma once

#include <engram/autograd/kernels/scratch.h>
#include <engram/autograd/kernels/tiles.h>

#include <algorithm>
#include <cstdint>

// A product C (m, n) = A (m, k) · B (k, n) in blocks that stay in the caches, from operands that
// are packed as the tiles want them. Where an operand comes from is a function's business: a matrix
// (gemm.cpp), or an image under a sliding window (convolution.cpp).
//
//     for each block of rows                          A's block: packed once, in the second cache
//       for each block of the depth
//         for each panel of two vectors of columns    B's panel: packed once, in the first cache
//           for each tile of rows                     C's tile: in registers
namespace engram::kernels {

/// The sizes of the blocks, and the memory that one thread needs for them.
template <class T>
struct ProductBlocks {
  static constexpr std::int64_t most_depth = 384 * sizeof(float) / sizeof(T), most_rows = 480;

  const Tiles<T>* tiles;
  std::int64_t m, k;

  std::int64_t width() const { return 2 * tiles->lanes; }
  /// Equal blocks, in whole vectors: a short last one would be all overhead.
  std::int64_t depth() const {
    const std::int64_t blocks = (k + most_depth - 1) / most_depth;
    return ((k + blocks - 1) / blocks + tiles->lanes - 1) / tiles->lanes * tiles->lanes;
  }
  std::int64_t rows() const {
    const std::int64_t blocks = (m + most_rows - 1) / most_rows;
    return ((m + blocks - 1) / blocks + tiles->rows - 1) / tiles->rows * tiles->rows;
  }
  std::int64_t left_room() const { return (rows() * depth() + 2 * width()) / width() * width(); }
  std::int64_t right_room() const { return width() * depth() + width(); }
  std::int64_t room() const { return left_room() + right_room(); }
};

/// C = A·B, added to C if `add`; the rows of C are `row_distance` apart. On one thread, with `room`
/// for its blocks.
///
///     left(row, rows, first, depth, to)        packs A[row.., first..] as (depth, rows)
///     right(column, columns, first, depth, width, to)
///                                              packs B[first.., column..] as (depth, width), where
///                                              what lies beyond the columns does not matter
///
/// Both may spoil a vector beyond the end of `to`.
template <class T, class Left, class Right>
void multiply(const ProductBlocks<T>& blocks, std::int64_t n, const Left& left, const Right& right,
              bool add, T* c, std::int64_t row_distance, T* room) {
  const Tiles<T>& tiles = *blocks.tiles;
  const std::int64_t m = blocks.m, k = blocks.k, lanes = tiles.lanes;
  T *a = room, *b = room + blocks.left_room();
  for (std::int64_t top = 0; top < m; top += blocks.rows()) {
    const std::int64_t bottom = std::min(m, top + blocks.rows());
    for (std::int64_t first = 0; first < k; first += blocks.depth()) {
      const std::int64_t depth = std::min(blocks.depth(), k - first);
      for (std::int64_t i = top; i < bottom; i += tiles.rows) {
        left(i, std::min(tiles.rows, bottom - i), first, depth, a + (i - top) * depth);
      }
      for (std::int64_t j = 0; j < n; j += blocks.width()) {
        const std::int64_t columns = std::min(blocks.width(), n - j);
        right(j, columns, first, depth, columns <= lanes ? lanes : 2 * lanes, b);
        for (std::int64_t i = top; i < bottom; i += tiles.rows) {
          tiles.multiply(std::min(tiles.rows, bottom - i), columns, depth, a + (i - top) * depth, b,
                         add || first > 0, c + i * row_distance + j, row_distance);
        }
      }
    }
  }
}

}  // namespace engram::kernels
