#pragma once

#include <engram/autograd/size2d.h>
#include <engram/autograd/tensor.h>

namespace engram {

// Pooling of images x (n, channels, h, w), channel by channel; f32 or f64. Sizes are PyTorch's:
//
//     h' = ⌊(h + 2·padding - dilation·(kernel - 1) - 1) / stride⌋ + 1, and w' alike;
//
// in ceil mode ⌈ ⌉ in place of ⌊ ⌋, minus one if the last window would begin after the image, in
// its trailing padding. Error for an option out of range, ShapeError when the kernel does not fit.

struct MaxPool2dOptions {
  Size2d kernel;
  Size2d stride = kernel;
  Size2d padding = 0;  ///< never the maximum; at most half of the kernel
  Size2d dilation = 1;
  bool ceil_mode = false;
};

/// The largest element of each window; NaN if one is NaN. The gradient goes to that element, the
/// first of equal ones. ShapeError for a dilated window whose taps are all in the padding.
Tensor max_pool2d(const Tensor& x, const MaxPool2dOptions& options);

struct AvgPool2dOptions {
  Size2d kernel;
  Size2d stride = kernel;
  Size2d padding = 0;  ///< zeros; at most half of the kernel
  bool ceil_mode = false;
  bool count_include_pad = true;  ///< whether the padding counts in the divisor
};

/// The mean of each window; f32 is accumulated in f64.
Tensor avg_pool2d(const Tensor& x, const AvgPool2dOptions& options);

/// Means of windows laid out so that the result is (n, channels, output height, output width):
/// window i covers the rows ⌊i·h / h'⌋ up to ⌈(i + 1)·h / h'⌉.
Tensor adaptive_avg_pool2d(const Tensor& x, Size2d output);

}  // namespace engram
