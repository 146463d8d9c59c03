#pragma once

#include <engram/autograd/ops/pooling.h>
#include <engram/nn/module.h>

#include <optional>

// Pooling of images (n, channels, h, w) as layers: see the operations in pooling.h.
namespace engram::nn {

struct MaxPool2dOptions {
  std::optional<Size2d> stride = {};  ///< the kernel's size by default
  Size2d padding = 0;
  Size2d dilation = 1;
  bool ceil_mode = false;
};

/// The largest element of each window.
struct MaxPool2d : Module {
  explicit MaxPool2d(Size2d kernel, const MaxPool2dOptions& options = {})
      : Module("MaxPool2d"),
        options_{.kernel = kernel,
                 .stride = options.stride.value_or(kernel),
                 .padding = options.padding,
                 .dilation = options.dilation,
                 .ceil_mode = options.ceil_mode} {}

  Tensor operator()(const Tensor& x) const { return max_pool2d(x, options_); }

 private:
  engram::MaxPool2dOptions options_;
};

struct AvgPool2dOptions {
  std::optional<Size2d> stride = {};  ///< the kernel's size by default
  Size2d padding = 0;
  bool ceil_mode = false;
  bool count_include_pad = true;  ///< whether the padding counts in the divisor
};

/// The mean of each window.
struct AvgPool2d : Module {
  explicit AvgPool2d(Size2d kernel, const AvgPool2dOptions& options = {})
      : Module("AvgPool2d"),
        options_{.kernel = kernel,
                 .stride = options.stride.value_or(kernel),
                 .padding = options.padding,
                 .ceil_mode = options.ceil_mode,
                 .count_include_pad = options.count_include_pad} {}

  Tensor operator()(const Tensor& x) const { return avg_pool2d(x, options_); }

 private:
  engram::AvgPool2dOptions options_;
};

/// The means of windows whose layout gives the output this height and width.
struct AdaptiveAvgPool2d : Module {
  explicit AdaptiveAvgPool2d(Size2d output) : Module("AdaptiveAvgPool2d"), output_(output) {}

  Tensor operator()(const Tensor& x) const { return adaptive_avg_pool2d(x, output_); }

 private:
  Size2d output_;
};

}  // namespace engram::nn
