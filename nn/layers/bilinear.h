#pragma once

#include <engram/nn/module.h>

namespace engram::nn {

struct BilinearOptions {
  bool bias = true;
  DType dtype = f32;
};

/// y[k] = aᵀ·W[k]·b + bias[k]: a (…, in1), b (…, in2) -> (…, out). The leading axes of a and b
/// agree; they are not broadcast. Weight and bias start uniform in ±1/√in1.
struct Bilinear : Module {
  Bilinear(std::int64_t in1, std::int64_t in2, std::int64_t out,
           const BilinearOptions& options = {});

  /// ShapeError and DTypeError unless a and b fit each other and the weight.
  Tensor operator()(const Tensor& a, const Tensor& b) const;

  const Tensor weight;  ///< (out, in1, in2)
  const Tensor bias;    ///< (out,), or undefined
};

}  // namespace engram::nn
