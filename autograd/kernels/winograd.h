#pragma once

#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/rows.h>
#include <engram/autograd/kernels/scratch.h>
#include <engram/autograd/kernels/tile_shape.h>

#include <algorithm>
#include <numeric>

// The tiles of Winograd's convolution, and the transform of its inputs, for
// convolution_winograd.cpp and convolution_winograd_weight.cpp.
namespace engram::kernels::winograd {

inline constexpr std::int64_t elements = 16;  // of a transformed tile

/// Tiles that make one strip where the transformed weight is larger than they are.
inline constexpr std::int64_t few_tiles = 256;

/// The tiles of all images.
inline std::int64_t tiles_of(const ConvolutionSizes& s) {
  return s.images * ((s.window.height.out + 1) / 2) * ((s.window.width.out + 1) / 2);
}

/// The memory that stays in the L2 cache.
inline constexpr std::int64_t cache_bytes = 640 * 1024;

template <class T>
inline constexpr std::int64_t tile_bytes = elements* std::int64_t{sizeof(T)};  // of one channel

/// The number of tiles of `channels` channels that stay in the L2 cache.
template <class T>
std::int64_t tiles_in_cache(std::int64_t channels) {
  return cache_bytes / (channels * tile_bytes<T>);
}

/// Whether the transformed weight does not stay in the L2 cache.
template <class T>
bool has_large_weight(const ConvolutionSizes& s) {
  return s.in_channels * s.out_channels * tile_bytes<T> >= cache_bytes;
}

/// Channels, or rows of tiles: [begin, end).
struct Range {
  std::int64_t begin, end;

  std::int64_t size() const { return end - begin; }
};

/// The rows of tiles of all images, divided into strips.
template <class T>
struct Strips {
  std::int64_t width, height;  // of an image in tiles
  std::int64_t all;            // rows of tiles, of all images
  std::int64_t rows;           // of a strip; the last may have fewer
  std::int64_t row_stride;     // of V and M: the tiles of a strip, the last row in whole vectors

  /// At most max_tiles tiles in a strip, or one row; at least fewest_strips strips, if there are
  /// rows.
  Strips(const ConvolutionSizes& s, std::int64_t max_tiles, std::int64_t fewest_strips)
      : width((s.window.width.out + 1) / 2),
        height((s.window.height.out + 1) / 2),
        all(s.images * height),
        rows(std::clamp<std::int64_t>(max_tiles / width, 1, parts_of(all, fewest_strips))) {
    const std::int64_t lanes = tiles<T>().lanes;
    // Rows that fill whole vectors.
    const std::int64_t whole = lanes / std::gcd(width, lanes);
    if (rows < all && rows >= whole) rows -= rows % whole;
    row_stride = parts_of((rows - 1) * width + row_capacity(), lanes) * lanes;
  }
  std::int64_t count() const { return parts_of(all, rows); }
  /// The rows of tiles of a strip.
  Range range(std::int64_t strip) const {
    return {strip * rows, std::min(strip * rows + rows, all)};
  }
  /// Tiles of a row, rounded up to whole vectors.
  std::int64_t row_capacity() const { return parts_of(width, tiles<T>().lanes) * tiles<T>().lanes; }
  /// The stride between the elements of so many channels. With an even number of cache lines the
  /// elements would compete for a few sets of the cache.
  std::int64_t element_stride(std::int64_t channels) const {
    return channels * row_stride + slack<T>;
  }
};

/// The rows of tiles in a strip that are of one image.
struct Run {
  std::int64_t image, first, rows;
};

/// Calls f(run, tile) for the runs that make up some rows of the tiles of all images; `tile` is the
/// number, from the first of these rows on, of the run's first tile.
template <class T, class F>
void for_each_run(const Strips<T>& strips, Range tile_rows, F f) {
  for (std::int64_t row = tile_rows.begin; row < tile_rows.end;) {
    const std::int64_t first = row % strips.height;
    const std::int64_t rows = std::min(strips.height - first, tile_rows.end - row);
    f(Run{row / strips.height, first, rows}, (row - tile_rows.begin) * strips.width);
    row += rows;
  }
}

/// Rows of an image with zeros around it, long enough for whole vectors of tiles.
template <class T>
class PaddedImage {
 public:
  /// Of an image (in height, in width) under this window.
  PaddedImage(const Window& window, const Strips<T>& strips)
      : PaddedImage(window.height.in, window.width.in, window.height.padding, window.width.padding,
                    strips) {}
  PaddedImage(std::int64_t height, std::int64_t width, std::int64_t above, std::int64_t left,
              const Strips<T>& strips)
      : height_(height),
        width_(width),
        above_(above),
        left_(left),
        // A vector of tiles reads two vectors of x, at two offsets.
        row_stride_(2 * (strips.row_capacity() + tiles<T>().lanes)) {}

  std::int64_t row_stride() const { return row_stride_; }
  /// Elements for the rows of a run.
  std::int64_t capacity(const Strips<T>& strips) const {
    return (2 * std::min(strips.rows, strips.height) + 2) * row_stride_;
  }

  /// Rows [first, first + rows), counted from the padding's first, of x (height, width).
  void load(const T* x, std::int64_t first, std::int64_t rows, T* to) const {
    const std::int64_t inside = std::min(width_, row_stride_ - left_);
    for (std::int64_t row = first - above_; row < first - above_ + rows; ++row, to += row_stride_) {
      if (row < 0 || row >= height_) {
        std::fill(to, to + row_stride_, T{0});
        continue;
      }
      prefetch(x + (height_ + row) * width_, width_);  // the next channel's
      std::fill(to, to + left_, T{0});
      copy_row(x + row * width_, inside, to + left_);
      std::fill(to + left_ + inside, to + row_stride_, T{0});
    }
  }

 private:
  std::int64_t height_, width_, above_, left_, row_stride_;
};

/// V (elements, in channels, tiles) of some input channels and rows of tiles, for x (images, in
/// channels, in height, in width). `padded_rows` has the capacity of the padded image.
template <class T>
void transform_inputs(const ConvolutionSizes& s, const Strips<T>& strips,
                      const PaddedImage<T>& padded, const T* x, Range channels, Range tile_rows,
                      T* padded_rows, T* v) {
  for (std::int64_t c = channels.begin; c < channels.end; ++c) {
    for_each_run(strips, tile_rows, [&](const Run& run, std::int64_t tile) {
      padded.load(x + (run.image * s.in_channels + c) * s.window.in_size(), 2 * run.first,
                  2 * run.rows + 2, padded_rows);
      for (std::int64_t r = 0; r < run.rows; ++r) {
        tiles<T>().winograd_inputs(strips.width, padded_rows + 2 * r * padded.row_stride(),
                                   padded.row_stride(),
                                   v + c * strips.row_stride + tile + r * strips.width,
                                   strips.element_stride(s.in_channels));
      }
    });
  }
}

/// The same of all channels and the rows of one strip, by all threads.
template <class T>
void transform_all_inputs(const ConvolutionSizes& s, const Strips<T>& strips,
                          const PaddedImage<T>& padded, std::int64_t strip, const T* x, T* v) {
  parallel_for(
      s.in_channels, groups_per_grain(elements * strips.row_stride),
      [&](std::int64_t first, std::int64_t last) {
        const Scratch<T> rows(padded.capacity(strips));
        transform_inputs(s, strips, padded, x, {first, last}, strips.range(strip), rows.data(), v);
      });
}

}  // namespace engram::kernels::winograd
