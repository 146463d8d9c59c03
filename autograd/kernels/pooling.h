#pragma once

#include <engram/autograd/kernels/window.h>

#include <cstdint>

// Pooling of x (planes, in height, in width) to y (planes, out height, out width). f32 and f64.
namespace engram::kernels {

/// y = the largest element of each window; NaN counts as largest. Every window must have an element
/// inside the image, which has fewer than 2^31 elements, here and below.
template <class T>
void max_pool2d(const Window& window, std::int64_t planes, const T* x, T* y);

/// dx = Σ dy over the windows whose (first) largest element it is. The positions are recomputed
/// from x, which the tape keeps for the activation before the pooling; no indices are stored.
template <class T>
void max_pool2d_backward(const Window& window, std::int64_t planes, const T* x, const T* dy, T* dx);

/// The index, within its plane, of the largest element of each window.
template <class T>
void max_pool2d_positions(const Window& window, std::int64_t planes, const T* x,
                          std::int64_t* positions);

/// The rows, or columns, of a mean, and their factor of its divisor.
struct MeanSpan {
  std::int64_t begin, end, count;
};

/// Along one axis, the windows of avg_pool2d.
struct MeanWindow {
  WindowAxis axis;
  bool count_padding;

  std::int64_t in() const { return axis.in; }
  std::int64_t out() const { return axis.out; }
  MeanSpan span(std::int64_t o) const {
    const std::int64_t begin = axis.at(o, 0);
    // In ceil mode a window may extend past the padding; its elements there do not count.
    const std::int64_t end = std::min(begin + axis.kernel, axis.in + axis.padding);
    const MeanSpan inside = {std::max<std::int64_t>(begin, 0), std::min(end, axis.in), 0};
    return {inside.begin, inside.end, count_padding ? end - begin : inside.end - inside.begin};
  }
};

/// Along one axis, the windows of adaptive_avg_pool2d: `out_size` windows of equal size, up to
/// rounding.
struct AdaptiveWindow {
  std::int64_t in_size, out_size;

  std::int64_t in() const { return in_size; }
  std::int64_t out() const { return out_size; }
  MeanSpan span(std::int64_t o) const {
    const std::int64_t begin = o * in_size / out_size;
    const std::int64_t end = ((o + 1) * in_size + out_size - 1) / out_size;
    return {begin, end, end - begin};
  }
};

/// y = the mean of each window; W is one of the two above.
template <class T, class W>
void mean_pool2d(const W& rows, const W& columns, std::int64_t planes, const T* x, T* y);

/// Its transpose: dx = Σ dy / (size of the window) over the windows that contain the element.
template <class T, class W>
void mean_pool2d_backward(const W& rows, const W& columns, std::int64_t planes, const T* dy, T* dx);

}  // namespace engram::kernels
