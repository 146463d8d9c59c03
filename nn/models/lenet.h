#pragma once

#include <engram/nn/layers/conv2d.h>
#include <engram/nn/layers/linear.h>

#include <cstdint>

namespace engram::models {

struct LeNet5Options {
  std::int64_t num_classes = 10;
  std::int64_t in_channels = 1;
};

/// LeNet-5 as it is written today, with ReLU and max pooling: x (n, in_channels, 28, 28) -> logits
/// (n, num_classes). LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
/// document recognition", 1998.
struct LeNet5 : nn::Module {
  explicit LeNet5(const LeNet5Options& options = {});
  Tensor operator()(const Tensor& x) const { return fc3(features(x)); }
  /// Input of the last dense layer: (n, 84).
  Tensor features(const Tensor& x) const;

  nn::Conv2d conv1;
  nn::Conv2d conv2;
  nn::Linear fc1, fc2, fc3;
};

inline LeNet5 lenet5(const LeNet5Options& options = {}) { return LeNet5(options); }

}  // namespace engram::models
