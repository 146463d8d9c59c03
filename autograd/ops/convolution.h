#pragma once

#include <engram/autograd/size2d.h>
#include <engram/autograd/tensor.h>

namespace engram {

struct Conv2dOptions {
  Size2d stride = 1;
  Size2d padding = 0;       ///< zeros on each side
  Size2d dilation = 1;      ///< distance between neighbouring elements of the kernel
  std::int64_t groups = 1;  ///< channels are divided into groups that do not see each other
};

/// 2-d convolution, in the sense of PyTorch: a cross-correlation. x (n, in, h, w), weight
/// (out, in / groups, kh, kw), bias (out,) or undefined -> y (n, out, h', w') with
///
///     y[n, o, i, j] = bias[o] + Σ weight[o, c, k, l] · x[n, c, i·stride - padding + k·dilation, …]
///     h' = ⌊(h + 2·padding - dilation·(kh - 1) - 1) / stride⌋ + 1, and w' alike.
///
/// The zeros of the padding are multiplied as any others: 0·∞ is NaN. With kernels of 3 × 3 an
/// error may be as large as a rounding of what the neighbouring outputs add up: see
/// docs/semantics.md.
///
/// f32 or f64. ShapeError when channels or groups do not fit, or the kernel is larger than the
/// padded input.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              const Conv2dOptions& options = {});

/// The gradients of y = conv2d(x, weight), which is linear in either: Σ dy·y as a function of x, or
/// of the weight, has these as its derivatives. The shape says which of the inputs that lead to
/// dy's shape is meant.
Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& weight, const Shape& input_shape,
                             const Conv2dOptions& options = {});
Tensor conv2d_weight_gradient(const Tensor& x, const Tensor& dy, const Shape& weight_shape,
                              const Conv2dOptions& options = {});

/// Σ over the images of the square of each image's own weight gradient, in the weight's shape. It
/// has no gradient: AutogradError for an input that is recorded.
Tensor conv2d_weight_squares(const Tensor& x, const Tensor& dy, const Shape& weight_shape,
                             const Conv2dOptions& options = {});

/// Every patch of every image that a kernel sees, image after image and row after row of positions:
/// x (n, c, h, w) -> (n·h'·w', c·kh·kw), so that y = patches·Wᵀ with the rows of y's positions. It
/// has no gradient: AutogradError for an x that is recorded. ShapeError as conv2d's; Error unless
/// there is one group.
Tensor conv2d_patches(const Tensor& x, const Shape& weight_shape,
                      const Conv2dOptions& options = {});

}  // namespace engram
