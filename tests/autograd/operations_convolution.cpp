#include <engram/autograd/ops/convolution.h>

#include "operations.h"

namespace engram::test {
namespace {

Operation conv2d_row(const std::string& variant, const Shape& x, const Shape& weight,
                     const Conv2dOptions& options = {}) {
  return {"conv2d" + variant,
          [options](const Tensors& in) { return conv2d(in[0], in[1], in[2], options); },
          {spread(x), spread(weight), spread({weight[0]})}};
}

Operation input_gradient_row(const std::string& variant, const Shape& dy, const Shape& weight,
                             const Shape& x, const Conv2dOptions& options = {}) {
  return {"conv2d_input_gradient" + variant,
          [=](const Tensors& in) { return conv2d_input_gradient(in[0], in[1], x, options); },
          {spread(dy), spread(weight)}};
}

Operation weight_gradient_row(const std::string& variant, const Shape& x, const Shape& dy,
                              const Shape& weight, const Conv2dOptions& options = {}) {
  return {"conv2d_weight_gradient" + variant,
          [=](const Tensors& in) { return conv2d_weight_gradient(in[0], in[1], weight, options); },
          {spread(x), spread(dy)}};
}

// h' = ⌊(6 + 2·1 - 2·1 - 1) / 2⌋ + 1 = 3, w' = ⌊(5 + 2·2 - 1·2 - 1) / 3⌋ + 1 = 3
constexpr Conv2dOptions all = {
    .stride = {2, 3}, .padding = {1, 2}, .dilation = {2, 1}, .groups = 2};

}  // namespace

std::vector<Operation> convolution_operations() {
  return {
      conv2d_row("", {2, 2, 4, 3}, {3, 2, 3, 2}),
      {"conv2d/no-bias",
       [](const Tensors& in) { return conv2d(in[0], in[1]); },
       {spread({1, 2, 3, 3}), spread({2, 2, 2, 2})}},
      conv2d_row("/pointwise", {2, 3, 2, 2}, {2, 3, 1, 1}),
      conv2d_row("/stride", {1, 1, 5, 5}, {2, 1, 2, 2}, {.stride = {2, 3}}),
      conv2d_row("/padding", {1, 1, 2, 3}, {2, 1, 3, 3}, {.padding = {2, 1}}),
      conv2d_row("/dilation", {1, 1, 5, 5}, {1, 1, 2, 3}, {.dilation = {3, 2}}),
      conv2d_row("/depthwise", {1, 2, 3, 3}, {4, 1, 2, 2}, {.groups = 2}),
      conv2d_row("/all", {2, 2, 6, 5}, {4, 1, 2, 3}, all),
      input_gradient_row("", {1, 3, 2, 2}, {3, 2, 2, 2}, {1, 2, 3, 3}),
      input_gradient_row("/all", {2, 4, 3, 3}, {4, 1, 2, 3}, {2, 2, 6, 5}, all),
      weight_gradient_row("", {2, 2, 3, 3}, {2, 3, 2, 2}, {3, 2, 2, 2}),
      weight_gradient_row("/all", {2, 2, 6, 5}, {2, 4, 3, 3}, {4, 1, 2, 3}, all),
  };
}

}  // namespace engram::test
