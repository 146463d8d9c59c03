#pragma once

#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/scratch.h>
#include <engram/autograd/kernels/tiles.h>

#include <algorithm>
#include <cstdint>

// A product C (m, n) = A (m, k) · B (k, n) in blocks that stay in the caches, from operands that
// are packed into the layout of the tiles. A function packs each operand: from a matrix (gemm.cpp),
// or from an image under a sliding window (convolution_weight.cpp). Blocking: Goto and van de
// Geijn, "Anatomy of high-performance matrix multiplication", 2008. A tile is one call of the
// microkernel.
//
//     for each block of rows                          A's block: packed once, in the L2 cache
//       for each block of the depth
//         for each panel of two vectors of columns    B's panel: packed once, in the L1 cache
//           for each tile of rows                     C's tile: in registers
namespace engram::kernels {

/// Elements that packing may write past the end, as it copies whole vectors.
template <class T>
constexpr std::int64_t slack = 64 / sizeof(T);

/// An upper bound of the columns of a panel and the rows of a tile, of any instruction set.
template <class T>
constexpr std::int64_t max_lines = std::max<std::int64_t>(16, 2 * slack<T>);

/// The number of threads worth using for a product (m, k)·(k, n), by its multiplications and its
/// memory traffic.
inline std::int64_t parts_worth(std::int64_t m, std::int64_t n, std::int64_t k) {
  const auto M = static_cast<double>(m), N = static_cast<double>(n), K = static_cast<double>(k);
  constexpr double multiplications = 1 << 18, elements = 2 * elementwise_grain;  // worth a thread
  const double worth = M * N * K / multiplications + (M * K + K * N + M * N) / elements;
  return static_cast<std::int64_t>(std::clamp(worth, 1.0, 1e6));
}

/// The number of parts, one a thread, into which the `units` of such a product are divided.
inline std::int64_t parts_of_product(std::int64_t units, std::int64_t m, std::int64_t n,
                                     std::int64_t k) {
  return std::max<std::int64_t>(1, std::min({units, max_threads(), parts_worth(m, n, k)}));
}

/// The sizes of the blocks of a product of m rows and depth k, and the memory that they need.
template <class T>
struct ProductBlocks {
  static constexpr std::int64_t max_depth = 384 * sizeof(float) / sizeof(T), max_rows = 480;

  const Tiles<T>* tiles;
  std::int64_t m, k;

  /// Columns of a panel.
  std::int64_t width() const { return 2 * tiles->lanes; }
  /// Equal blocks, in whole vectors or tiles: a short last one would be mostly overhead.
  std::int64_t depth() const { return equal_blocks(k, max_depth, tiles->lanes); }
  std::int64_t rows() const { return equal_blocks(m, max_rows, tiles->rows); }

  /// Elements for a block of A and for a panel of B. Sufficient for products of fewer rows and less
  /// depth too, whose blocks may be larger.
  std::int64_t left_capacity() const {
    return std::min(up_to(tiles->rows, m), max_rows) * depth_capacity() + slack<T>;
  }
  std::int64_t right_capacity() const { return width() * depth_capacity() + slack<T>; }

 private:
  static std::int64_t up_to(std::int64_t unit, std::int64_t n) {
    return std::max(unit, (n + unit - 1) / unit * unit);
  }
  static std::int64_t equal_blocks(std::int64_t n, std::int64_t limit, std::int64_t unit) {
    const std::int64_t blocks = std::max<std::int64_t>(1, (n + limit - 1) / limit);
    return up_to(unit, (n + blocks - 1) / blocks);
  }
  std::int64_t depth_capacity() const { return std::min(up_to(tiles->lanes, k), max_depth); }
};

/// A block of an operand: its lines, which are rows of A or columns of B, and its part of the
/// depth.
struct OperandBlock {
  std::int64_t line, lines;   // [line, line + lines)
  std::int64_t first, depth;  // [first, first + depth)
};

/// C = A·B, added to C if `add`; the rows of C are `row_stride` apart. On one thread.
///
///     left(block) returns the block of A packed, tile by tile, each tile as (depth, rows)
///     right(block, width, to) packs the block of B, at most a panel, as (depth, width) in whole
///         vectors; elements past the block's columns are arbitrary
template <class T, class Left, class Right>
void multiply(const ProductBlocks<T>& blocks, std::int64_t n, const Left& left, const Right& right,
              T* panel, bool add, T* c, std::int64_t row_stride) {
  const Tiles<T>& tiles = *blocks.tiles;
  const std::int64_t m = blocks.m, k = blocks.k, lanes = tiles.lanes;
  for (std::int64_t top = 0; top < m; top += blocks.rows()) {
    const std::int64_t bottom = std::min(m, top + blocks.rows());
    for (std::int64_t first = 0; first < k; first += blocks.depth()) {
      const std::int64_t depth = std::min(blocks.depth(), k - first);
      const T* a = left(OperandBlock{top, bottom - top, first, depth});
      for (std::int64_t j = 0; j < n; j += blocks.width()) {
        const std::int64_t columns = std::min(blocks.width(), n - j);
        right(OperandBlock{j, columns, first, depth}, columns <= lanes ? lanes : 2 * lanes, panel);
        for (std::int64_t i = top; i < bottom; i += tiles.rows) {
          tiles.multiply({.rows = std::min(tiles.rows, bottom - i),
                          .columns = columns,
                          .depth = depth,
                          .a = a + (i - top) * depth,
                          .b = panel,
                          .add = add || first > 0,
                          .c = c + i * row_stride + j,
                          .row_stride = row_stride});
        }
      }
    }
  }
}

/// A stored matrix: element (i, p) of the operand is data[i · line_stride + p · depth_stride], and
/// one of the two strides is 1.
template <class T>
struct Operand {
  const T* data;
  std::int64_t line_stride, depth_stride;

  Operand starting_at(std::int64_t i) const {
    return {data + i * line_stride, line_stride, depth_stride};
  }

  /// A block packed as (depth, width).
  void pack(const Tiles<T>& tiles, const OperandBlock& block, std::int64_t width, T* to) const {
    const T* source = data + block.line * line_stride + block.first * depth_stride;
    if (line_stride == 1) {
      return tiles.copy(block.lines, width, block.depth, source, depth_stride, to);
    }
    const T* from[max_lines<T>];
    for (std::int64_t j = 0; j < block.lines; ++j) from[j] = source + j * line_stride;
    tiles.transpose(block.lines, width, block.depth, from, to);
  }
};

/// A block of A packed tile by tile, each of `tiles.rows` rows but the last.
template <class T>
void pack_tiles(const Tiles<T>& tiles, const Operand<T>& a, const OperandBlock& block, T* to) {
  for (std::int64_t i = 0; i < block.lines; i += tiles.rows) {
    const std::int64_t rows = std::min(tiles.rows, block.lines - i);
    a.pack(tiles, {block.line + i, rows, block.first, block.depth}, rows, to + i * block.depth);
  }
}

}  // namespace engram::kernels
