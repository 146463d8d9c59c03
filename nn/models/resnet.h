#pragma once

#include <engram/nn/layers/batch_norm.h>
#include <engram/nn/layers/conv2d.h>
#include <engram/nn/layers/linear.h>
#include <engram/nn/layers/sequential.h>
#include <engram/nn/models/options.h>

#include <array>
#include <cstdint>
#include <optional>

// Residual networks: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2016.
// Keys of state_dict, defaults and values are torchvision's; the stride of a bottleneck is that of
// its 3 × 3 convolution (ResNet v1.5).
namespace engram::models {

/// Two 3 × 3 convolutions beside a shortcut: relu(x + f(x)).
struct BasicBlock : nn::Module {
  static constexpr std::int64_t expansion = 1;  ///< output channels / channels

  BasicBlock(std::int64_t in, std::int64_t channels, std::int64_t stride);
  Tensor operator()(const Tensor& x) const;

  nn::Conv2d conv1;
  nn::BatchNorm2d bn1;
  nn::Conv2d conv2;
  nn::BatchNorm2d bn2;
  std::optional<nn::Sequential> downsample;  ///< of the shortcut, where the shape changes
};

/// 1 × 1, 3 × 3 and 1 × 1 convolutions beside a shortcut; the last has four times the channels.
struct Bottleneck : nn::Module {
  static constexpr std::int64_t expansion = 4;

  Bottleneck(std::int64_t in, std::int64_t channels, std::int64_t stride);
  Tensor operator()(const Tensor& x) const;

  nn::Conv2d conv1;
  nn::BatchNorm2d bn1;
  nn::Conv2d conv2;
  nn::BatchNorm2d bn2;
  nn::Conv2d conv3;
  nn::BatchNorm2d bn3;
  std::optional<nn::Sequential> downsample;
};

/// x (n, in_channels, h, w) -> logits (n, num_classes). Four stages of blocks, of 64, 128, 256 and
/// 512 channels (times the width, and the blocks' expansion), each after the first halves height
/// and width; then global average pooling, and a dense layer.
struct ResNet : nn::Module {
  Tensor operator()(const Tensor& x) const { return fc(features(x)); }
  /// Input of the dense layer: (n, channels).
  Tensor features(const Tensor& x) const;

  nn::Conv2d conv1;
  nn::BatchNorm2d bn1;
  nn::Sequential layer1, layer2, layer3, layer4;
  nn::Linear fc;

  /// `stages`: the number of blocks of each stage.
  ResNet(const std::array<int, 4>& stages, bool bottlenecks, const ModelOptions& options);

 private:
  Tensor stem(const Tensor& x) const;

  bool small_images_;
  bool checkpoint_;
};

ResNet resnet18(const ModelOptions& options = {});
ResNet resnet34(const ModelOptions& options = {});
ResNet resnet50(const ModelOptions& options = {});

}  // namespace engram::models
