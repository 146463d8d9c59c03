#pragma once

#include <engram/nn/module.h>

namespace engram::nn {

struct LinearOptions {
  bool bias = true;
  DType dtype = f32;
};

/// x·Wᵀ + b: x (…, in) -> (…, out). Weight and bias are initialised uniform in ±1/√in.
struct Linear : Module {
  Linear(std::int64_t in, std::int64_t out, const LinearOptions& options = {});

  Tensor operator()(const Tensor& x) const;

  const Tensor weight;  ///< (out, in)
  const Tensor bias;    ///< (out,), or undefined
};

}  // namespace engram::nn
