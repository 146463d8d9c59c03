#pragma once

#include <engram/autograd/size2d.h>
#include <engram/nn/module.h>

namespace engram::nn {

struct Conv2dOptions {
  Size2d stride = 1;
  Size2d padding = 0;   ///< zeros on each side
  Size2d dilation = 1;  ///< spacing between elements of the kernel
  std::int64_t groups = 1;
  bool bias = true;
  DType dtype = f32;
};

/// 2-d convolution: x (n, in, h, w) -> (n, out, h', w'), see `conv2d`. Weight and bias are
/// initialised uniform in ±1/√(in / groups · kh · kw).
struct Conv2d : Module {
  /// Error unless `groups` divides both numbers of channels.
  Conv2d(std::int64_t in, std::int64_t out, Size2d kernel, const Conv2dOptions& options = {});

  Tensor operator()(const Tensor& x) const;

  const Tensor weight;  ///< (out, in / groups, kh, kw)
  const Tensor bias;    ///< (out,), or undefined

 private:
  Conv2dOptions options_;
};

}  // namespace engram::nn
