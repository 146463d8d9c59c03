#pragma once

#include <engram/nn/module.h>

namespace engram::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool elementwise_affine = true;  ///< learn a weight and a bias
  DType dtype = f32;
};

/// Normalises each sample over its last axes, of the given sizes, to mean 0 and variance 1, then
/// scales and shifts: see `layer_norm`.
struct LayerNorm : Module {
  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {});

  Tensor operator()(const Tensor& x) const;

  const Tensor weight;  ///< of the normalised shape, initially 1; or undefined
  const Tensor bias;    ///< of the normalised shape, initially 0; or undefined

 private:
  Shape normalized_shape_;
  double eps_;
};

}  // namespace engram::nn
