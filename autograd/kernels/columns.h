#pragma once

#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/padded_rows.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>

namespace engram::kernels {

/// The im2col matrix (depth, positions) of a strip: some rows of output positions, one group of
/// channels, one image. It is never stored: its row d begins at offset taps()[d] of the padded
/// rows.
template <class T>
class Columns {
 public:
  using Gaps = PaddedRows::Gaps;
  /// At least `fewest_strips` strips of all images together, if there are enough rows.
  Columns(const ConvolutionSizes& s, Gaps gaps, std::int64_t fewest_strips)
      : s_(s),
        gaps_(gaps),
        rows_(rows_per_strip(fewest_strips)),
        layout_(s.window, rows_, gaps),
        taps_(s.depth()) {
    const std::int64_t kernel = s.window.kernel_size(), kw = s.window.width.kernel;
    for (std::int64_t d = 0; d < s.depth(); ++d) {
      taps_.data()[d] = d / kernel * layout_.size() + layout_.tap(d % kernel / kw, d % kw);
    }
  }

  /// Rows of positions in a strip; the last strip of an image may have fewer.
  std::int64_t rows() const { return rows_; }
  std::int64_t strips() const { return (s_.window.height.out + rows_ - 1) / rows_; }

  const std::int64_t* taps() const { return taps_.data(); }
  std::int64_t row_stride() const { return layout_.row_stride(); }

  /// Elements for the padded rows of a strip, with slack for reading whole vectors.
  std::int64_t padded_capacity() const { return s_.in_channels * layout_.size() + slack<T>; }

  /// Loads the strip that begins at row `row` of positions, from x (in channels, in height, in
  /// width).
  void load(const T* x, std::int64_t row, T* padded) const {
    load(x, row, {0, s_.depth()}, padded);
  }
  /// Loads only the channels that rows [begin, end) of the columns need.
  void load(const T* x, std::int64_t row, WindowAxis::Range lines, T* padded) const {
    const std::int64_t kernel = s_.window.kernel_size();
    for (std::int64_t c = lines.begin / kernel; c * kernel < lines.end; ++c) {
      layout_.copy(x + c * s_.window.in_size(), row, padded + c * layout_.size());
    }
  }

  /// A block of the transposed columns, whose depth is positions, packed as (depth, width). Writes
  /// up to `panel_slack` elements past a panel.
  void pack_transposed(const Tiles<T>& tiles, const T* padded, const OperandBlock& block,
                       std::int64_t width, T* to) const {
    const T* from[max_lines<T>];
    const std::int64_t out_width = s_.window.width.out;
    for (std::int64_t at = 0; at < block.depth;) {
      // Positions that are contiguous in the padded rows.
      const std::int64_t position = block.first + at;
      const std::int64_t row = position / out_width, ow = position % out_width;
      const std::int64_t length = std::min(out_width - ow, block.depth - at);
      for (std::int64_t d = 0; d < block.lines; ++d) {
        from[d] = padded + taps_.data()[block.line + d] + row * row_stride() + ow;
      }
      // Whole squares: the next positions overwrite the excess.
      const std::int64_t squares = (length + tiles.lanes - 1) / tiles.lanes * tiles.lanes;
      tiles.transpose(block.lines, width, squares, from, to + at * width);
      at += length;
    }
  }
  static constexpr std::int64_t panel_slack = slack<T> * max_lines<T>;

 private:
  /// The largest number of rows whose padded copy stays in the L2 cache.
  std::int64_t rows_per_strip(std::int64_t fewest_strips) const {
    constexpr std::int64_t cache_bytes = 512 * 1024;
    const WindowAxis h = s_.window.height;
    const auto bytes = [&](std::int64_t rows) {
      return s_.in_channels * PaddedRows(s_.window, rows, gaps_).size() * std::int64_t{sizeof(T)};
    };
    const std::int64_t first = bytes(1), each = std::max<std::int64_t>(1, bytes(2) - first);
    const std::int64_t fitting = 1 + (cache_bytes - first) / each;
    const std::int64_t shared = h.out * s_.images * s_.groups / fewest_strips + 1;
    return std::clamp<std::int64_t>(std::min(fitting, shared), 1, h.out);
  }

  ConvolutionSizes s_;
  Gaps gaps_;
  std::int64_t rows_;
  PaddedRows layout_;
  Scratch<std::int64_t> taps_;  // offset of each row of the columns
};

}  // namespace engram::kernels
