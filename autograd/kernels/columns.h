#pragma once

#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/padded_rows.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>
#include <cstring>

namespace engram::kernels {

/// The columns (depth, positions) of a strip, some rows of positions over one group of channels of
/// one image. They are never written out: panels for the tiles are packed straight from padded
/// rows.
template <class T>
class Columns {
 public:
  explicit Columns(const ConvolutionSizes& s)
      : s_(s), rows_(rows_per_strip()), layout_(s.window, rows_), taps_(s.depth()) {
    const std::int64_t kernel = s.window.kernel_size(), kw = s.window.width.kernel;
    for (std::int64_t d = 0; d < s.depth(); ++d) {
      taps_.data()[d] = d / kernel * layout_.size() + layout_.tap(d % kernel / kw, d % kw);
    }
  }

  /// Rows of positions in a strip, the last of an image apart.
  std::int64_t rows() const { return rows_; }
  std::int64_t strips() const { return (s_.window.height.out + rows_ - 1) / rows_; }

  /// Elements for the padded rows of a strip, and of what a packing may spoil beyond a panel.
  std::int64_t padded_room() const { return s_.in_channels * layout_.size() + slack<T>; }
  std::int64_t panel_slack() const { return slack<T> * most_lines<T>; }

  /// The strip whose first row of positions is `row`, from x (in channels, in height, in width).
  void load(const T* x, std::int64_t row, T* padded) const {
    for (std::int64_t c = 0; c < s_.in_channels; ++c) {
      layout_.copy(x + c * s_.window.in_size(), row, padded + c * layout_.size());
    }
  }

  /// Positions [j, j + columns) of rows [first, first + depth), as (depth, width).
  void pack(const T* padded, std::int64_t j, std::int64_t columns, std::int64_t first,
            std::int64_t depth, std::int64_t width, T* to) const {
    Run runs[most_lines<T>];
    int count = 0;
    for (std::int64_t at = 0; at < columns; at += runs[count++].length) {
      runs[count] = run(j, at, columns);
    }
    for (std::int64_t d = first; d < first + depth; ++d, to += width) {
      const T* source = padded + taps_.data()[d];
      for (int r = 0; r < count; ++r) {
        // Whole vectors: what is too much is overwritten by the next run, or by the next row.
        for (std::int64_t q = 0; q < runs[r].length; q += slack<T>) {
          std::memcpy(to + runs[r].to + q, source + runs[r].from + q, slack<T> * sizeof(T));
        }
      }
    }
  }

  /// Of the transpose: rows [line, line + lines) at positions [first, first + depth), as
  /// (depth, width).
  void pack_transposed(const Tiles<T>& tiles, const T* padded, std::int64_t line,
                       std::int64_t lines, std::int64_t first, std::int64_t depth,
                       std::int64_t width, T* to) const {
    const T* from[most_lines<T>];
    for (std::int64_t at = 0; at < depth;) {
      const Run some = run(first, at, depth);
      for (std::int64_t d = 0; d < lines; ++d) {
        from[d] = padded + taps_.data()[line + d] + some.from;
      }
      // Whole squares here too.
      const std::int64_t squares = (some.length + tiles.lanes - 1) / tiles.lanes * tiles.lanes;
      tiles.transpose(lines, width, squares, from, to + at * width);
      at += some.length;
    }
  }

 private:
  /// Positions that lie side by side in the padded rows.
  struct Run {
    std::int64_t from, to, length;  // where they start in the rows and in the panel
  };
  /// Those from first + at on, of [first, first + count).
  Run run(std::int64_t first, std::int64_t at, std::int64_t count) const {
    const std::int64_t width = s_.window.width.out;
    const std::int64_t row = (first + at) / width, ow = (first + at) % width;
    return {layout_.position(row, ow), at, std::min(width - ow, count - at)};
  }

  /// As many rows as keep the padded ones in the second cache, but enough strips for the threads.
  std::int64_t rows_per_strip() const {
    constexpr std::int64_t cache_bytes = 512 * 1024;
    const WindowAxis h = s_.window.height, w = s_.window.width;
    const std::int64_t row = s_.in_channels * (w.in + 2 * std::max<std::int64_t>(0, w.padding));
    const std::int64_t row_bytes = std::max<std::int64_t>(1, row) * std::int64_t{sizeof(T)};
    const std::int64_t fitting = (cache_bytes / row_bytes - (h.kernel - 1) * h.dilation) / h.stride;
    const std::int64_t shared = h.out * s_.images * s_.groups / (2 * max_threads()) + 1;
    return std::clamp<std::int64_t>(std::min(fitting, shared), 1, h.out);
  }

  ConvolutionSizes s_;
  std::int64_t rows_;
  PaddedRows layout_;
  Scratch<std::int64_t> taps_;  // where each row of the columns starts
};

}  // namespace engram::kernels
