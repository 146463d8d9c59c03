#pragma once

#include <engram/autograd/kernels/rows.h>
#include <engram/autograd/kernels/window.h>

#include <algorithm>
#include <cstdint>

namespace engram::kernels {

/// A copy of the input rows under `out_rows` rows of output positions, with their padding. For each
/// element of the kernel, its inputs at neighbouring positions are neighbours in memory, and its
/// inputs at positions one row apart have a constant stride. So for a convolution of stride s, rows
/// and elements are stored by their remainders modulo s. The padding behind a row is the padding
/// before the next one.
///
/// The positions of two rows are separated by a gap as wide as the kernel, unless each column of
/// the kernel has a copy of its own.
class PaddedRows {
 public:
  enum class Gaps {
    none,   // the positions of adjacent rows are contiguous
    narrow  // none in place of a wide gap, unless that takes much more memory
  };
  PaddedRows(const Window& window, std::int64_t out_rows, Gaps gaps)
      : h_(window.height),
        w_(window.width),
        apart_(gaps == Gaps::none || gaps_are_wide()),
        rows_(every(h_.stride, reach(h_, out_rows))),
        elements_(apart_ ? w_.out : every(w_.stride, reach(w_, w_.out))),
        shared_(shared()),
        row_phases_(phases(h_)),
        phases_(apart_ ? w_.kernel : phases(w_)) {}

  /// Elements of one channel.
  std::int64_t size() const { return row_phases_ * phases_ * plane(); }

  /// The stride between rows of positions; at least the positions of a row.
  std::int64_t row_stride() const { return elements_ - shared_; }

  /// Element (kh, kw) of the window at position (row, ow) is at tap + row · row_stride + ow.
  std::int64_t tap(std::int64_t kh, std::int64_t kw) const {
    const std::int64_t row = kh * h_.dilation, column = kw * w_.dilation;
    const std::int64_t phase = apart_ ? kw : column % w_.stride;
    const std::int64_t element = apart_ ? 0 : column / w_.stride;
    return (row % h_.stride * phases_ + phase) * plane() + row / h_.stride * row_stride() + element;
  }

  /// Copies one channel of an image, x (in height, in width), from row `first` of positions on.
  template <class T>
  void copy(const T* x, std::int64_t first, T* to) const {
    for (std::int64_t row_phase = 0; row_phase < row_phases_; ++row_phase) {
      for (std::int64_t phase = 0; phase < phases_; ++phase, to += plane()) {
        const Elements elements = seen_by(phase);
        for (std::int64_t r = 0; r < rows_; ++r) {
          const std::int64_t ih = (first + r) * h_.stride + row_phase - h_.padding;
          if (ih < 0 || ih >= h_.in) {
            std::fill_n(to + r * row_stride(), elements_, T{0});
            continue;
          }
          const T* row = x + ih * w_.in;
          const std::int64_t some = rows_are_image() ? std::min(rows_ - r, h_.in - ih) : 1;
          if (phase == 0) prefetch(row + h_.in * w_.in, some * w_.in);
          if (some > 1) {
            std::copy(row, row + some * w_.in, to + r * row_stride());
            r += some - 1;
          } else {
            copy_elements(row, elements, to + r * row_stride());
          }
        }
      }
    }
  }

 private:
  static std::int64_t reach(const WindowAxis& a, std::int64_t out) {
    return (out - 1) * a.stride + (a.kernel - 1) * a.dilation + 1;
  }
  static std::int64_t every(std::int64_t stride, std::int64_t n) {
    return (n + stride - 1) / stride;
  }
  static std::int64_t phases(const WindowAxis& a) {
    return std::min(a.stride, (a.kernel - 1) * a.dilation + 1);
  }
  /// The padding shared by adjacent rows, limited so that the positions of rows do not overlap.
  std::int64_t shared() const {
    const std::int64_t before = w_.padding, after = elements_ - before - w_.in;
    const std::int64_t overlap = std::min({before, after, elements_ - w_.out});
    return w_.stride == 1 && !apart_ ? std::max<std::int64_t>(0, overlap) : 0;
  }
  /// Whether the rows are contiguous, as in the image.
  bool rows_are_image() const {
    return h_.stride == 1 && w_.stride == 1 && !apart_ && w_.padding == 0 && row_stride() == w_.in;
  }
  bool gaps_are_wide() const {
    const std::int64_t width = reach(w_, w_.out), wide_enough = 2 * w_.out;
    return wide_enough < width / w_.stride && w_.kernel * w_.out <= 4 * width;
  }
  /// Elements of a phase, in an odd number of cache lines (of f32): with an even one the channels
  /// would compete for a few sets of the cache.
  std::int64_t plane() const {
    constexpr std::int64_t line = 16;
    return ((rows_ * row_stride() + shared_ + line - 1) / line | 1) * line;
  }

  /// The elements of a phase's row inside the image: [left, right), the first of them being element
  /// `from` of the image's row.
  struct Elements {
    std::int64_t left, right, from;
  };
  Elements seen_by(std::int64_t phase) const {
    const std::int64_t begin = phase * (apart_ ? w_.dilation : 1) - w_.padding;
    const auto first_not_below = [&](std::int64_t i) {
      return std::clamp<std::int64_t>((i - begin + w_.stride - 1) / w_.stride, 0, elements_);
    };
    const std::int64_t left = begin < 0 ? first_not_below(0) : 0;
    const std::int64_t right = begin < w_.in ? first_not_below(w_.in) : 0;
    return {left, std::max(left, right), begin + left * w_.stride};
  }

  /// Every stride-th element of an image's row, with zeros around them.
  template <class T>
  void copy_elements(const T* row, const Elements& elements, T* to) const {
    const auto [left, right, first] = elements;
    const T* from = row + first;
    std::fill(to, to + left, T{0});
    if (w_.stride == 1) {
      copy_row(from, right - left, to + left);
    } else if (w_.stride == 2) {  // a constant, so that the loop is vectorised
      for (std::int64_t q = 0; q < right - left; ++q) to[left + q] = from[2 * q];
    } else {
      for (std::int64_t q = 0; q < right - left; ++q) to[left + q] = from[q * w_.stride];
    }
    std::fill(to + right, to + elements_, T{0});
  }

  WindowAxis h_, w_;
  bool apart_;                        // each column of the kernel has its own phase
  std::int64_t rows_, elements_;      // of one phase: the rows, and the elements of a row
  std::int64_t shared_;               // elements of a row that are also the next row's
  std::int64_t row_phases_, phases_;  // of the rows and of the elements
};

}  // namespace engram::kernels
