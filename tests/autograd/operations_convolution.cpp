#include <engram/autograd/ops/convolution.h>
#include <engram/autograd/ops/pooling.h>

#include "operations.h"

namespace engram::test {
namespace {

OperationCase conv2d_row(const std::string& variant, const Shape& x, const Shape& weight,
                         const Conv2dOptions& options = {}) {
  return {"conv2d" + variant,
          [options](const Tensors& in) { return conv2d(in[0], in[1], in[2], options); },
          {spread(x), spread(weight), spread({weight[0]})}};
}

OperationCase input_gradient_row(const std::string& variant, const Shape& dy, const Shape& weight,
                                 const Shape& x, const Conv2dOptions& options = {}) {
  return {"conv2d_input_gradient" + variant,
          [=](const Tensors& in) { return conv2d_input_gradient(in[0], in[1], x, options); },
          {spread(dy), spread(weight)}};
}

OperationCase weight_gradient_row(const std::string& variant, const Shape& x, const Shape& dy,
                                  const Shape& weight, const Conv2dOptions& options = {}) {
  return {"conv2d_weight_gradient" + variant,
          [=](const Tensors& in) { return conv2d_weight_gradient(in[0], in[1], weight, options); },
          {spread(x), spread(dy)}};
}

OperationCase max_pool2d_row(const std::string& variant, const Shape& x,
                             const MaxPool2dOptions& options) {
  return {"max_pool2d" + variant,
          [options](const Tensors& in) { return max_pool2d(in[0], options); },
          {spread(x)}};
}

OperationCase avg_pool2d_row(const std::string& variant, const Shape& x,
                             const AvgPool2dOptions& options) {
  return {"avg_pool2d" + variant,
          [options](const Tensors& in) { return avg_pool2d(in[0], options); },
          {spread(x)}};
}

OperationCase adaptive_row(const std::string& variant, const Shape& x, Size2d output) {
  return {"adaptive_avg_pool2d" + variant,
          [output](const Tensors& in) { return adaptive_avg_pool2d(in[0], output); },
          {spread(x)}};
}

// h' = ⌊(6 + 2·1 - 2·1 - 1) / 2⌋ + 1 = 3, w' = ⌊(5 + 2·2 - 1·2 - 1) / 3⌋ + 1 = 3
constexpr Conv2dOptions all = {
    .stride = {2, 3}, .padding = {1, 2}, .dilation = {2, 1}, .groups = 2};

}  // namespace

std::vector<OperationCase> convolution_operations() {
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
      max_pool2d_row("", {2, 2, 4, 5}, {.kernel = 2}),
      max_pool2d_row("/overlap-padding", {1, 2, 4, 5},
                     {.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 0}}),
      max_pool2d_row("/dilation", {1, 1, 5, 6}, {.kernel = 2, .stride = 1, .dilation = {2, 3}}),
      max_pool2d_row("/ceil", {1, 1, 5, 6}, {.kernel = 3, .stride = {3, 2}, .ceil_mode = true}),
      max_pool2d_row("/ceil-all", {1, 1, 6, 7}, {3, {2, 3}, 1, {2, 1}, true}),
      avg_pool2d_row("", {2, 2, 4, 5}, {.kernel = 2}),
      avg_pool2d_row("/overlap-padding", {1, 2, 4, 5},
                     {.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}}),
      avg_pool2d_row("/exclude-padding", {1, 1, 4, 5},
                     {.kernel = 3, .stride = 2, .padding = 1, .count_include_pad = false}),
      avg_pool2d_row("/ceil", {1, 1, 6, 5},
                     {.kernel = 3, .stride = 2, .padding = {1, 0}, .ceil_mode = true}),
      avg_pool2d_row("/ceil-exclude-padding", {1, 1, 6, 4}, {3, 2, 1, true, false}),
      adaptive_row("", {2, 2, 4, 6}, {2, 3}),
      adaptive_row("/uneven", {1, 2, 5, 7}, {3, 4}),
      adaptive_row("/enlarge", {1, 1, 2, 3}, {3, 5}),
      adaptive_row("/global", {2, 2, 3, 4}, 1),
  };
}

}  // namespace engram::test
