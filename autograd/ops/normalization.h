#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

// y = (x − mean) / √(variance + eps) · weight + bias, where mean and variance are those of a group
// of x's elements; f32 or f64. An undefined weight is ones, an undefined bias zeros. All tensors
// have x's dtype: DTypeError. Where the variance overflows the result is NaN.

struct BatchNormOptions {
  bool training = false;
  double momentum = 0.1;  ///< the share of the batch in the running statistics
  double eps = 1e-5;
};

/// The group is a channel: x (N, C, …), the others (C,). Ioffe & Szegedy, arXiv:1502.03167.
///
/// When training, the batch's own statistics are used, with the variance that divides by the number
/// of elements; the running ones, where defined, are updated in place,
///     running ← (1 − momentum) · running + momentum · batch,
/// the variance with the divisor n − 1. Otherwise the running ones are used, and must be defined:
/// Error. ShapeError for shapes that do not fit, and when training on fewer than two elements a
/// channel. NaN where the variance overflows (PyTorch: 0).
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormOptions& options = {});

/// A group spans the trailing axes: normalized_shape is their shape in x, and that of weight and
/// bias. ShapeError if it is not. Ba et al., arXiv:1607.06450.
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {},
                  const Tensor& bias = {}, double eps = 1e-5);

}  // namespace engram
