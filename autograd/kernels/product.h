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

/// How many elements a packing may write beyond the end, so that it can copy whole vectors.
template <class T>
constexpr std::int64_t spoiled = 64 / sizeof(T);

/// The sizes of the blocks of a product of m rows and depth k, and the memory that they need.
template <class T>
struct ProductBlocks {
  static constexpr std::int64_t most_depth = 384 * sizeof(float) / sizeof(T), most_rows = 480;

  const Tiles<T>* tiles;
  std::int64_t m, k;

  /// Of a panel of columns.
  std::int64_t width() const { return 2 * tiles->lanes; }
  /// Equal blocks, in whole vectors: a short last one would be all overhead.
  std::int64_t depth() const { return equal_blocks(k, most_depth, tiles->lanes); }
  std::int64_t rows() const { return equal_blocks(m, most_rows, tiles->rows); }

  /// Elements for a block of A, and for all of A.
  std::int64_t left_room() const { return rows() * depth() + spoiled<T>; }
  std::int64_t all_left_room() const { return m * k + spoiled<T>; }
  /// Elements for a panel of B.
  std::int64_t right_room() const { return width() * depth() + spoiled<T>; }

 private:
  static std::int64_t equal_blocks(std::int64_t n, std::int64_t most, std::int64_t unit) {
    const std::int64_t blocks = std::max<std::int64_t>(1, (n + most - 1) / most);
    return std::max(unit, ((n + blocks - 1) / blocks + unit - 1) / unit * unit);
  }
};

/// C = A·B, added to C if `add`; the rows of C are `row_distance` apart. On one thread.
///
///     left(top, bottom, first, depth) returns A[top..bottom, first..] packed, tile by tile, each
///         tile as (depth, rows)
///     right(column, columns, first, depth, width, to) packs B[first.., column..] as (depth,
///     width),
///         where what lies beyond the columns does not matter; `to` has room for a panel
template <class T, class Left, class Right>
void multiply(const ProductBlocks<T>& blocks, std::int64_t n, const Left& left, const Right& right,
              T* panel, bool add, T* c, std::int64_t row_distance) {
  const Tiles<T>& tiles = *blocks.tiles;
  const std::int64_t m = blocks.m, k = blocks.k, lanes = tiles.lanes;
  for (std::int64_t top = 0; top < m; top += blocks.rows()) {
    const std::int64_t bottom = std::min(m, top + blocks.rows());
    for (std::int64_t first = 0; first < k; first += blocks.depth()) {
      const std::int64_t depth = std::min(blocks.depth(), k - first);
      const T* a = left(top, bottom, first, depth);
      for (std::int64_t j = 0; j < n; j += blocks.width()) {
        const std::int64_t columns = std::min(blocks.width(), n - j);
        right(j, columns, first, depth, columns <= lanes ? lanes : 2 * lanes, panel);
        for (std::int64_t i = top; i < bottom; i += tiles.rows) {
          tiles.multiply(std::min(tiles.rows, bottom - i), columns, depth, a + (i - top) * depth,
                         panel, add || first > 0, c + i * row_distance + j, row_distance);
        }
      }
    }
  }
}

/// All of A (m, k), row-major, packed as `multiply` asks for its blocks, one after the other: the
/// block at (top, first) starts at top · k + (bottom - top) · first.
template <class T>
void pack_left(const ProductBlocks<T>& blocks, const T* a, T* to) {
  const Tiles<T>& tiles = *blocks.tiles;
  for (std::int64_t top = 0; top < blocks.m; top += blocks.rows()) {
    const std::int64_t bottom = std::min(blocks.m, top + blocks.rows());
    for (std::int64_t first = 0; first < blocks.k; first += blocks.depth()) {
      const std::int64_t depth = std::min(blocks.depth(), blocks.k - first);
      for (std::int64_t i = top; i < bottom; i += tiles.rows) {
        const std::int64_t rows = std::min(tiles.rows, bottom - i);
        tiles.transpose(rows, rows, depth, a + i * blocks.k + first, blocks.k, to);
        to += rows * depth;
      }
    }
  }
}

}  // namespace engram::kernels
