#pragma once

#include <engram/nn/layers/batch_norm.h>
#include <engram/nn/layers/conv2d.h>
#include <engram/nn/layers/dropout.h>
#include <engram/nn/layers/linear.h>
#include <engram/nn/models/options.h>

#include <cstdint>
#include <optional>

// Inception v3: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the Inception architecture
// for computer vision", 2016. Keys of state_dict, defaults and values are torchvision's, which
// follow the published program more than the paper.
namespace engram::models {

/// relu(bn(conv(x))).
struct BasicConv2d : nn::Module {
  BasicConv2d(std::int64_t in, std::int64_t out, Size2d kernel,
              const nn::Conv2dOptions& options = {});
  Tensor operator()(const Tensor& x) const;

  nn::Conv2d conv;
  nn::BatchNorm2d bn;
};

/// Branches of 1 × 1, 5 × 5 and two 3 × 3 convolutions and an average pooling, concatenated.
struct InceptionA : nn::Module {
  InceptionA(std::int64_t in, std::int64_t pool_features, const ModelOptions& options);
  Tensor operator()(const Tensor& x) const;

  BasicConv2d branch1x1;
  BasicConv2d branch5x5_1, branch5x5_2;
  BasicConv2d branch3x3dbl_1, branch3x3dbl_2, branch3x3dbl_3;
  BasicConv2d branch_pool;
};

/// Halves height and width: one and two 3 × 3 convolutions, and a max pooling.
struct InceptionB : nn::Module {
  InceptionB(std::int64_t in, const ModelOptions& options);
  Tensor operator()(const Tensor& x) const;

  BasicConv2d branch3x3;
  BasicConv2d branch3x3dbl_1, branch3x3dbl_2, branch3x3dbl_3;
};

/// 7 × 7 convolutions, factorised into 1 × 7 and 7 × 1.
struct InceptionC : nn::Module {
  InceptionC(std::int64_t in, std::int64_t channels_7x7, const ModelOptions& options);
  Tensor operator()(const Tensor& x) const;

  BasicConv2d branch1x1;
  BasicConv2d branch7x7_1, branch7x7_2, branch7x7_3;
  BasicConv2d branch7x7dbl_1, branch7x7dbl_2, branch7x7dbl_3, branch7x7dbl_4, branch7x7dbl_5;
  BasicConv2d branch_pool;

 private:
  InceptionC(std::int64_t in, std::int64_t inner, std::int64_t out);
};

/// Halves height and width: 3 × 3, and 7 × 7 before 3 × 3, and a max pooling.
struct InceptionD : nn::Module {
  InceptionD(std::int64_t in, const ModelOptions& options);
  Tensor operator()(const Tensor& x) const;

  BasicConv2d branch3x3_1, branch3x3_2;
  BasicConv2d branch7x7x3_1, branch7x7x3_2, branch7x7x3_3, branch7x7x3_4;

 private:
  InceptionD(std::int64_t in, std::int64_t inner, std::int64_t out);
};

/// 3 × 3 convolutions, replaced by 1 × 3 and 3 × 1 in parallel.
struct InceptionE : nn::Module {
  InceptionE(std::int64_t in, const ModelOptions& options);
  Tensor operator()(const Tensor& x) const;

  BasicConv2d branch1x1;
  BasicConv2d branch3x3_1, branch3x3_2a, branch3x3_2b;
  BasicConv2d branch3x3dbl_1, branch3x3dbl_2, branch3x3dbl_3a, branch3x3dbl_3b;
  BasicConv2d branch_pool;

 private:
  InceptionE(std::int64_t in, std::int64_t inner, const ModelOptions& options);
};

/// The auxiliary classifier, on intermediate features: its loss trains the lower layers.
struct InceptionAux : nn::Module {
  InceptionAux(std::int64_t in, const ModelOptions& options);
  Tensor operator()(const Tensor& x) const;

  BasicConv2d conv0, conv1;
  nn::Linear fc;

 private:
  bool small_images_;
};

struct InceptionOptions : ModelOptions {
  bool aux_logits = true;  ///< with the auxiliary classifier
  double dropout = 0.5;
};

/// x (n, in_channels, h, w) -> logits (n, num_classes); made for 299 × 299, at least 75 × 75. For
/// small images (at least 24 × 24) the stem has stride 1 and no pooling, and pads its convolutions.
struct InceptionV3 : nn::Module {
  struct Logits {
    Tensor main;
    Tensor aux;  ///< undefined without the auxiliary classifier
  };

  explicit InceptionV3(const InceptionOptions& options = {});
  Tensor operator()(const Tensor& x) const;
  /// The logits of both classifiers, for the training loss: main + 0.4·aux in torchvision's recipe.
  /// torchvision's model returns both from its call in training mode.
  Logits with_aux(const Tensor& x) const;

  BasicConv2d Conv2d_1a_3x3, Conv2d_2a_3x3, Conv2d_2b_3x3, Conv2d_3b_1x1, Conv2d_4a_3x3;
  InceptionA Mixed_5b, Mixed_5c, Mixed_5d;
  InceptionB Mixed_6a;
  InceptionC Mixed_6b, Mixed_6c, Mixed_6d, Mixed_6e;
  std::optional<InceptionAux> AuxLogits;
  InceptionD Mixed_7a;
  InceptionE Mixed_7b, Mixed_7c;
  nn::Dropout dropout;
  nn::Linear fc;

 private:
  Tensor middle(const Tensor& x) const;  // input of the auxiliary classifier
  Tensor head(const Tensor& x) const;

  bool small_images_;
};

inline InceptionV3 inception_v3(const InceptionOptions& options = {}) {
  return InceptionV3(options);
}

}  // namespace engram::models
