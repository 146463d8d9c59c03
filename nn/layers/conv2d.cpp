#include <engram/autograd/error.h>
#include <engram/autograd/ops/convolution.h>
#include <engram/nn/init.h>
#include <engram/nn/layers/conv2d.h>

namespace engram::nn {
namespace {

Shape weight_shape(std::int64_t in, std::int64_t out, Size2d kernel, std::int64_t groups) {
  check(groups >= 1 && in % groups == 0 && out % groups == 0,
        "Conv2d: {} groups do not divide {} channels in and {} out", groups, in, out);
  check(kernel.height >= 1 && kernel.width >= 1, "Conv2d: the kernel is {} by {}", kernel.height,
        kernel.width);
  return {out, in / groups, kernel.height, kernel.width};
}

/// U(±1/√fan_in), for weight and bias with the weight's fan_in.
Tensor start(const Shape& shape, const Shape& weight, DType dtype) {
  return init::fan_in_uniform(Tensor(shape, dtype), weight[1] * weight[2] * weight[3]);
}

}  // namespace

Conv2d::Conv2d(std::int64_t in, std::int64_t out, Size2d kernel, const Conv2dOptions& options)
    : Module("Conv2d"),
      weight(add_parameter("weight",
                           [&] {
                             const Shape shape = weight_shape(in, out, kernel, options.groups);
                             return start(shape, shape, options.dtype);
                           }())),
      bias(options.bias ? add_parameter("bias", start({out}, weight.shape(), options.dtype))
                        : Tensor()),
      options_(options) {}

Tensor Conv2d::operator()(const Tensor& x) const {
  return conv2d(x, weight, bias,
                {.stride = options_.stride,
                 .padding = options_.padding,
                 .dilation = options_.dilation,
                 .groups = options_.groups});
}

}  // namespace engram::nn
