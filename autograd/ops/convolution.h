#pragma once

#include <engram/autograd/size2d.h>
#include <engram/autograd/tensor.h>

namespace engram {

struct Conv2dOptions {
  Size2d stride = 1;
  Size2d padding = 0;       ///< zeros on each side
  Size2d dilation = 1;      ///< stride, in the input, of the kernel's elements
  std::int64_t groups = 1;  ///< of channels, each convolved by itself
};

/// 2-d convolution as in PyTorch, a cross-correlation. x (n, in, h, w), weight
/// (out, in / groups, kh, kw), bias (out,) or undefined -> y (n, out, h', w') with
///
///     y[n, o, i, j] = bias[o] + Σ weight[o, c, k, l] · x[n, c, i·stride - padding + k·dilation, …]
///     h' = ⌊(h + 2·padding - dilation·(kh - 1) - 1) / stride⌋ + 1, and w' alike.
///
/// The zeros of the padding are multiplied: 0·∞ is NaN. With 3 × 3 kernels (Winograd's transform)
/// the rounding error is relative to the terms of all outputs in a 2 × 2 tile: see
/// docs/semantics.md.
///
/// f32 or f64. ShapeError when channels or groups do not fit, or the kernel is larger than the
/// padded input.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              const Conv2dOptions& options = {});

/// The gradients of y = conv2d(x, weight): the derivatives of Σ dy·y by x, and by the weight. The
/// shape of the result is an argument, as several shapes can give dy's.
Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& weight, const Shape& input_shape,
                             const Conv2dOptions& options = {});
Tensor conv2d_weight_gradient(const Tensor& x, const Tensor& dy, const Shape& weight_shape,
                              const Conv2dOptions& options = {});

/// Σ over the images of the square of each image's weight gradient, in the weight's shape. It has
/// no gradient: AutogradError for a recorded input.
Tensor conv2d_weight_squares(const Tensor& x, const Tensor& dy, const Shape& weight_shape,
                             const Conv2dOptions& options = {});

/// im2col: the patch of x under the kernel at every output position, as a row; x (n, c, h, w) ->
/// (n·h'·w', c·kh·kw), so that patches·Wᵀ has a row of channels of y = conv2d(x, W) for each
/// position (n, i, j). It has no gradient: AutogradError for a recorded x. ShapeError as conv2d's;
/// Error unless there is one group.
Tensor conv2d_patches(const Tensor& x, const Shape& weight_shape,
                      const Conv2dOptions& options = {});

}  // namespace engram
