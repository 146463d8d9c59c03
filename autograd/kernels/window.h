#pragma once

#include <algorithm>
#include <cstdint>

namespace engram::kernels {

/// A sliding window along one axis of an image.
struct WindowAxis {
  std::int64_t in, kernel, stride, padding, dilation, out;

  /// The input under element k of the kernel at output o; in the padding if not in [0, in).
  std::int64_t at(std::int64_t o, std::int64_t k) const {
    return o * stride - padding + k * dilation;
  }

  struct Range {
    std::int64_t begin, end;
  };
  /// The outputs for which element k is inside the image.
  Range inside(std::int64_t k) const {
    const auto first_not_below = [&](std::int64_t i) {  // the first o with at(o, k) >= i
      const std::int64_t offset = i - at(0, k);
      return offset <= 0 ? 0 : std::min(out, (offset + stride - 1) / stride);
    };
    return {first_not_below(0), first_not_below(in)};
  }

  /// The elements of the kernel that are inside the image at output o.
  Range taps(std::int64_t o) const {
    const auto first_not_below = [&](std::int64_t i) {  // the first k with at(o, k) >= i
      const std::int64_t offset = i - at(o, 0);
      return offset <= 0 ? 0 : (offset + dilation - 1) / dilation;
    };
    const std::int64_t end = at(o, kernel - 1) < in ? kernel : first_not_below(in);
    return {first_not_below(0), end};
  }
};

/// A sliding window over an image.
struct Window {
  WindowAxis height, width;
  std::int64_t kernel_size() const { return height.kernel * width.kernel; }
  std::int64_t in_size() const { return height.in * width.in; }
  std::int64_t out_size() const { return height.out * width.out; }
};

}  // namespace engram::kernels
