#pragma once

#include <engram/autograd/kernels/window.h>

#include <algorithm>
#include <cstdint>

namespace engram::kernels {

/// A copy of some rows of an image with its padding: those that the windows of `out_rows` rows of
/// positions see. It is laid out so that what one element of the kernel sees as the window slides
/// along a row lies side by side: with a stride of s, every s-th element of a row, then every s-th
/// from the second on, and so forth.
class PaddedRows {
 public:
  PaddedRows(const Window& window, std::int64_t out_rows)
      : h_(window.height),
        w_(window.width),
        rows_(reach(h_, out_rows)),
        phase_((reach(w_, w_.out) + w_.stride - 1) / w_.stride),
        phases_(std::min(w_.stride, (w_.kernel - 1) * w_.dilation + 1)) {}

  /// Elements of one channel.
  std::int64_t size() const { return rows_ * pitch(); }

  /// Element (kh, kw) of the window at position (row, ow) is at tap + position.
  std::int64_t tap(std::int64_t kh, std::int64_t kw) const {
    const std::int64_t column = kw * w_.dilation;
    return kh * h_.dilation * pitch() + column % w_.stride * phase_ + column / w_.stride;
  }
  std::int64_t position(std::int64_t row, std::int64_t ow) const {
    return row * h_.stride * pitch() + ow;
  }

  /// One channel of an image x (in height, in width), from row `first` of positions on.
  template <class T>
  void copy(const T* x, std::int64_t first, T* to) const {
    for (std::int64_t r = 0; r < rows_; ++r) {
      const std::int64_t ih = first * h_.stride + r - h_.padding;
      const T* row = ih >= 0 && ih < h_.in ? x + ih * w_.in : nullptr;
      for (std::int64_t offset = 0; offset < phases_; ++offset, to += phase_) {
        copy_phase(row, offset - w_.padding, to);
      }
    }
  }

 private:
  static std::int64_t reach(const WindowAxis& a, std::int64_t out) {
    return (out - 1) * a.stride + (a.kernel - 1) * a.dilation + 1;
  }
  std::int64_t pitch() const { return phase_ * phases_; }

  /// Every stride-th element of a row from `begin` on; 0 outside of it, and where there is no row.
  template <class T>
  void copy_phase(const T* row, std::int64_t begin, T* to) const {
    // The elements [left, right) lie inside the image.
    const auto first_not_below = [&](std::int64_t i) {
      return std::clamp<std::int64_t>((i - begin + w_.stride - 1) / w_.stride, 0, phase_);
    };
    const std::int64_t left = row && begin < 0 ? first_not_below(0) : 0;
    const std::int64_t right = row && begin < w_.in ? first_not_below(w_.in) : 0;
    std::fill(to, to + left, T{0});
    if (w_.stride == 1 && left < right) {
      std::copy(row + begin + left, row + begin + right, to + left);
    } else {
      for (std::int64_t q = left; q < right; ++q) to[q] = row[begin + q * w_.stride];
    }
    std::fill(to + std::max(left, right), to + phase_, T{0});
  }

  WindowAxis h_, w_;
  std::int64_t rows_;    // of the copy
  std::int64_t phase_;   // elements of a row that lie side by side
  std::int64_t phases_;  // those that the kernel sees
};

}  // namespace engram::kernels
