#pragma once

#include <engram/autograd/kernels/window.h>

#include <algorithm>
#include <cstdint>

namespace engram::kernels {

/// A copy of some rows of an image with its padding: those that the windows of `out_rows` rows of
/// positions see. It is laid out so that what one element of the kernel sees lies side by side as
/// the window slides along a row, and row by row at one distance: with a stride of s, every s-th
/// row and element, then every s-th from the second on, and so forth. The padding at the end of a
/// row is that before the next one.
///
/// Between the positions of two rows lies as much as the kernel is wide. Where that is more than
/// the positions, as under a kernel of the image's width, what each of its columns sees lies apart,
/// unless that takes much more memory.
class PaddedRows {
 public:
  PaddedRows(const Window& window, std::int64_t out_rows)
      : h_(window.height),
        w_(window.width),
        apart_(apart()),
        rows_(every(h_.stride, reach(h_, out_rows))),
        elements_(apart_ ? w_.out : every(w_.stride, reach(w_, w_.out))),
        shared_(shared()),
        row_phases_(phases(h_)),
        phases_(apart_ ? w_.kernel : phases(w_)) {}

  /// Elements of one channel.
  std::int64_t size() const { return row_phases_ * phases_ * plane(); }

  /// From the start of a row of positions to the next: not less than the positions of a row.
  std::int64_t pitch() const { return elements_ - shared_; }

  /// Element (kh, kw) of the window at position (row, ow) is at tap + row · pitch + ow.
  std::int64_t tap(std::int64_t kh, std::int64_t kw) const {
    const std::int64_t row = kh * h_.dilation, column = kw * w_.dilation;
    const std::int64_t phase = apart_ ? kw : column % w_.stride;
    const std::int64_t element = apart_ ? 0 : column / w_.stride;
    return (row % h_.stride * phases_ + phase) * plane() + row / h_.stride * pitch() + element;
  }

  /// One channel of an image x (in height, in width), from row `first` of positions on.
  template <class T>
  void copy(const T* x, std::int64_t first, T* to) const {
    for (std::int64_t row_phase = 0; row_phase < row_phases_; ++row_phase) {
      for (std::int64_t phase = 0; phase < phases_; ++phase, to += plane()) {
        for (std::int64_t r = 0; r < rows_; ++r) {
          const std::int64_t ih = (first + r) * h_.stride + row_phase - h_.padding;
          const T* row = ih >= 0 && ih < h_.in ? x + ih * w_.in : nullptr;
          copy_row(row, phase * (apart_ ? w_.dilation : 1) - w_.padding, to + r * pitch());
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
  /// As much of the padding as leaves each position of a row an element of its own.
  std::int64_t shared() const {
    const std::int64_t before = w_.padding, after = elements_ - before - w_.in;
    const std::int64_t most = std::min({before, after, elements_ - w_.out});
    return w_.stride == 1 && !apart_ ? std::max<std::int64_t>(0, most) : 0;
  }
  bool apart() const {
    const std::int64_t width = reach(w_, w_.out), wide_enough = 2 * w_.out;
    return wide_enough < width / w_.stride && w_.kernel * w_.out <= 4 * width;
  }
  std::int64_t plane() const { return rows_ * pitch() + shared_; }

  /// Every stride-th element of a row from `begin` on; 0 outside of it, and where there is no row.
  template <class T>
  void copy_row(const T* row, std::int64_t begin, T* to) const {
    // The elements [left, right) lie inside the image.
    const auto first_not_below = [&](std::int64_t i) {
      return std::clamp<std::int64_t>((i - begin + w_.stride - 1) / w_.stride, 0, elements_);
    };
    const std::int64_t left = row && begin < 0 ? first_not_below(0) : 0;
    const std::int64_t right = row && begin < w_.in ? first_not_below(w_.in) : 0;
    std::fill(to, to + left, T{0});
    if (w_.stride == 1 && left < right) {
      std::copy(row + begin + left, row + begin + right, to + left);
    } else {
      for (std::int64_t q = left; q < right; ++q) to[q] = row[begin + q * w_.stride];
    }
    std::fill(to + std::max(left, right), to + elements_, T{0});
  }

  WindowAxis h_, w_;
  bool apart_;                        // each column of the kernel has a phase of its own
  std::int64_t rows_, elements_;      // of one phase: the rows, and what of each lies side by side
  std::int64_t shared_;               // elements of a row that are the next one's too
  std::int64_t row_phases_, phases_;  // those that the kernel sees
};

}  // namespace engram::kernels
