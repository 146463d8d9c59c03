#pragma once

#include <engram/nn/layers/sequential.h>
#include <engram/nn/models/options.h>

#include <cstdint>
#include <string_view>

namespace engram::models {

struct VGGOptions : ModelOptions {
  double dropout = 0.5;  ///< of the hidden dense layers
};

/// Stacks of 3 × 3 convolutions between poolings, then three dense layers: x (n, in_channels, h, w)
/// -> logits (n, num_classes). Simonyan and Zisserman, "Very deep convolutional networks for
/// large-scale image recognition", 2015. Keys of state_dict, defaults and values are torchvision's;
/// with `_bn`, each convolution is followed by batch normalisation.
///
/// For small images the last of the five poolings is left out, the average pooling is to 1 × 1
/// instead of 7 × 7, and the dense layers have 512 units instead of 4,096.
struct VGG : nn::Module {
  /// `convolutions`: their number before each pooling, a digit each, such as "11222".
  VGG(std::string_view convolutions, bool batch_norm, const VGGOptions& options);
  Tensor operator()(const Tensor& x) const;

  nn::Sequential features;
  nn::Sequential classifier;

 private:
  std::int64_t pooled_;  // height and width after the average pooling
};

VGG vgg11(const VGGOptions& options = {});
VGG vgg13(const VGGOptions& options = {});
VGG vgg16(const VGGOptions& options = {});
VGG vgg11_bn(const VGGOptions& options = {});
VGG vgg13_bn(const VGGOptions& options = {});
VGG vgg16_bn(const VGGOptions& options = {});

}  // namespace engram::models
