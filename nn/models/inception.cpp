#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/pooling.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/nn/init.h>
#include <engram/nn/models/inception.h>

#include <initializer_list>

namespace engram::models {
namespace {

// Kernels, and the paddings that keep height and width.
constexpr Size2d row7 = {1, 7}, column7 = {7, 1}, row3 = {1, 3}, column3 = {3, 1};
const nn::Conv2dOptions keep_row7 = {.padding = {0, 3}}, keep_column7 = {.padding = {3, 0}},
                        keep_row3 = {.padding = {0, 1}}, keep_column3 = {.padding = {1, 0}},
                        keep3 = {.padding = 1}, keep5 = {.padding = 2}, halve = {.stride = 2};

Tensor mean3(const Tensor& x) { return avg_pool2d(x, {.kernel = 3, .stride = 1, .padding = 1}); }

/// Batch normalisation would cancel the bias of a convolution before it.
nn::Conv2dOptions without_bias(nn::Conv2dOptions options) {
  options.bias = false;
  return options;
}

Tensor max3(const Tensor& x) { return max_pool2d(x, {.kernel = 3, .stride = 2}); }

}  // namespace

BasicConv2d::BasicConv2d(std::int64_t in, std::int64_t out, Size2d kernel,
                         const nn::Conv2dOptions& options)
    : Module("BasicConv2d"),
      conv(add("conv", nn::Conv2d(in, out, kernel, without_bias(options)))),
      bn(add("bn", nn::BatchNorm2d(out, {.eps = 0.001}))) {
  nn::init::trunc_normal(conv.weight, 0, 0.1, -2, 2);
}

Tensor BasicConv2d::operator()(const Tensor& x) const { return relu(bn(conv(x))); }

InceptionA::InceptionA(std::int64_t in, std::int64_t pool_features, const ModelOptions& options)
    : Module("InceptionA"),
      branch1x1(add("branch1x1", BasicConv2d(in, scaled(64, options), 1))),
      branch5x5_1(add("branch5x5_1", BasicConv2d(in, scaled(48, options), 1))),
      branch5x5_2(
          add("branch5x5_2", BasicConv2d(scaled(48, options), scaled(64, options), 5, keep5))),
      branch3x3dbl_1(add("branch3x3dbl_1", BasicConv2d(in, scaled(64, options), 1))),
      branch3x3dbl_2(
          add("branch3x3dbl_2", BasicConv2d(scaled(64, options), scaled(96, options), 3, keep3))),
      branch3x3dbl_3(
          add("branch3x3dbl_3", BasicConv2d(scaled(96, options), scaled(96, options), 3, keep3))),
      branch_pool(add("branch_pool", BasicConv2d(in, scaled(pool_features, options), 1))) {}

Tensor InceptionA::operator()(const Tensor& x) const {
  return cat({branch1x1(x), branch5x5_2(branch5x5_1(x)),
              branch3x3dbl_3(branch3x3dbl_2(branch3x3dbl_1(x))), branch_pool(mean3(x))},
             1);
}

InceptionB::InceptionB(std::int64_t in, const ModelOptions& options)
    : Module("InceptionB"),
      branch3x3(add("branch3x3", BasicConv2d(in, scaled(384, options), 3, halve))),
      branch3x3dbl_1(add("branch3x3dbl_1", BasicConv2d(in, scaled(64, options), 1))),
      branch3x3dbl_2(
          add("branch3x3dbl_2", BasicConv2d(scaled(64, options), scaled(96, options), 3, keep3))),
      branch3x3dbl_3(
          add("branch3x3dbl_3", BasicConv2d(scaled(96, options), scaled(96, options), 3, halve))) {}

Tensor InceptionB::operator()(const Tensor& x) const {
  return cat({branch3x3(x), branch3x3dbl_3(branch3x3dbl_2(branch3x3dbl_1(x))), max3(x)}, 1);
}

InceptionC::InceptionC(std::int64_t in, std::int64_t channels_7x7, const ModelOptions& options)
    : InceptionC(in, scaled(channels_7x7, options), scaled(192, options)) {}

InceptionC::InceptionC(std::int64_t in, std::int64_t inner, std::int64_t out)
    : Module("InceptionC"),
      branch1x1(add("branch1x1", BasicConv2d(in, out, 1))),
      branch7x7_1(add("branch7x7_1", BasicConv2d(in, inner, 1))),
      branch7x7_2(add("branch7x7_2", BasicConv2d(inner, inner, row7, keep_row7))),
      branch7x7_3(add("branch7x7_3", BasicConv2d(inner, out, column7, keep_column7))),
      branch7x7dbl_1(add("branch7x7dbl_1", BasicConv2d(in, inner, 1))),
      branch7x7dbl_2(add("branch7x7dbl_2", BasicConv2d(inner, inner, column7, keep_column7))),
      branch7x7dbl_3(add("branch7x7dbl_3", BasicConv2d(inner, inner, row7, keep_row7))),
      branch7x7dbl_4(add("branch7x7dbl_4", BasicConv2d(inner, inner, column7, keep_column7))),
      branch7x7dbl_5(add("branch7x7dbl_5", BasicConv2d(inner, out, row7, keep_row7))),
      branch_pool(add("branch_pool", BasicConv2d(in, out, 1))) {}

Tensor InceptionC::operator()(const Tensor& x) const {
  return cat({branch1x1(x), branch7x7_3(branch7x7_2(branch7x7_1(x))),
              branch7x7dbl_5(branch7x7dbl_4(branch7x7dbl_3(branch7x7dbl_2(branch7x7dbl_1(x))))),
              branch_pool(mean3(x))},
             1);
}

InceptionD::InceptionD(std::int64_t in, const ModelOptions& options)
    : InceptionD(in, scaled(192, options), scaled(320, options)) {}

InceptionD::InceptionD(std::int64_t in, std::int64_t inner, std::int64_t out)
    : Module("InceptionD"),
      branch3x3_1(add("branch3x3_1", BasicConv2d(in, inner, 1))),
      branch3x3_2(add("branch3x3_2", BasicConv2d(inner, out, 3, halve))),
      branch7x7x3_1(add("branch7x7x3_1", BasicConv2d(in, inner, 1))),
      branch7x7x3_2(add("branch7x7x3_2", BasicConv2d(inner, inner, row7, keep_row7))),
      branch7x7x3_3(add("branch7x7x3_3", BasicConv2d(inner, inner, column7, keep_column7))),
      branch7x7x3_4(add("branch7x7x3_4", BasicConv2d(inner, inner, 3, halve))) {}

Tensor InceptionD::operator()(const Tensor& x) const {
  return cat({branch3x3_2(branch3x3_1(x)),
              branch7x7x3_4(branch7x7x3_3(branch7x7x3_2(branch7x7x3_1(x)))), max3(x)},
             1);
}

InceptionE::InceptionE(std::int64_t in, const ModelOptions& options)
    : InceptionE(in, scaled(384, options), options) {}

InceptionE::InceptionE(std::int64_t in, std::int64_t inner, const ModelOptions& options)
    : Module("InceptionE"),
      branch1x1(add("branch1x1", BasicConv2d(in, scaled(320, options), 1))),
      branch3x3_1(add("branch3x3_1", BasicConv2d(in, inner, 1))),
      branch3x3_2a(add("branch3x3_2a", BasicConv2d(inner, inner, row3, keep_row3))),
      branch3x3_2b(add("branch3x3_2b", BasicConv2d(inner, inner, column3, keep_column3))),
      branch3x3dbl_1(add("branch3x3dbl_1", BasicConv2d(in, scaled(448, options), 1))),
      branch3x3dbl_2(add("branch3x3dbl_2", BasicConv2d(scaled(448, options), inner, 3, keep3))),
      branch3x3dbl_3a(add("branch3x3dbl_3a", BasicConv2d(inner, inner, row3, keep_row3))),
      branch3x3dbl_3b(add("branch3x3dbl_3b", BasicConv2d(inner, inner, column3, keep_column3))),
      branch_pool(add("branch_pool", BasicConv2d(in, scaled(192, options), 1))) {}

Tensor InceptionE::operator()(const Tensor& x) const {
  const Tensor y = branch3x3_1(x), z = branch3x3dbl_2(branch3x3dbl_1(x));
  return cat({branch1x1(x), branch3x3_2a(y), branch3x3_2b(y), branch3x3dbl_3a(z),
              branch3x3dbl_3b(z), branch_pool(mean3(x))},
             1);
}

InceptionAux::InceptionAux(std::int64_t in, const ModelOptions& options)
    : Module("InceptionAux"),
      conv0(add("conv0", BasicConv2d(in, scaled(128, options), 1))),
      conv1(add("conv1", BasicConv2d(scaled(128, options), scaled(768, options), 5))),
      fc(add("fc", nn::Linear(scaled(768, options), options.num_classes))),
      small_images_(options.small_images) {
  nn::init::trunc_normal(fc.weight, 0, 0.001, -2, 2);
}

Tensor InceptionAux::operator()(const Tensor& x) const {
  // 17 × 17 becomes 5 × 5; small images have other sizes.
  const Tensor pooled =
      small_images_ ? adaptive_avg_pool2d(x, 5) : avg_pool2d(x, {.kernel = 5, .stride = 3});
  return fc(flatten(adaptive_avg_pool2d(conv1(conv0(pooled)), 1), 1));
}

namespace {

/// A 3 × 3 convolution of the stem; for small images, with stride 1 and a padding that keeps the
/// size.
BasicConv2d stem(std::int64_t in, std::int64_t out, std::int64_t stride, std::int64_t padding,
                 const ModelOptions& options) {
  const bool small = options.small_images;
  return BasicConv2d(in, scaled(out, options), 3,
                     {.stride = small ? 1 : stride, .padding = small ? 1 : padding});
}

/// Channels of a block's output: the sum of its branches'.
std::int64_t sum(std::initializer_list<std::int64_t> branches, const ModelOptions& options) {
  std::int64_t channels = 0;
  for (const std::int64_t branch : branches) channels += scaled(branch, options);
  return channels;
}
std::int64_t after_a(std::int64_t pool_features, const ModelOptions& options) {
  return sum({64, 64, 96, pool_features}, options);
}
std::int64_t after_b(const ModelOptions& options) {
  return sum({384, 96}, options) + after_a(64, options);
}
std::int64_t after_c(const ModelOptions& options) { return sum({192, 192, 192, 192}, options); }
std::int64_t after_d(const ModelOptions& options) {
  return sum({320, 192}, options) + after_c(options);
}
std::int64_t after_e(const ModelOptions& options) {
  return sum({320, 384, 384, 384, 384, 192}, options);
}

}  // namespace

InceptionV3::InceptionV3(const InceptionOptions& options)
    : Module("InceptionV3"),
      Conv2d_1a_3x3(add("Conv2d_1a_3x3", stem(options.in_channels, 32, 2, 0, options))),
      Conv2d_2a_3x3(add("Conv2d_2a_3x3", stem(scaled(32, options), 32, 1, 0, options))),
      Conv2d_2b_3x3(add("Conv2d_2b_3x3", stem(scaled(32, options), 64, 1, 1, options))),
      Conv2d_3b_1x1(add("Conv2d_3b_1x1", BasicConv2d(scaled(64, options), scaled(80, options), 1))),
      Conv2d_4a_3x3(add("Conv2d_4a_3x3", stem(scaled(80, options), 192, 1, 0, options))),
      Mixed_5b(add("Mixed_5b", InceptionA(scaled(192, options), 32, options))),
      Mixed_5c(add("Mixed_5c", InceptionA(after_a(32, options), 64, options))),
      Mixed_5d(add("Mixed_5d", InceptionA(after_a(64, options), 64, options))),
      Mixed_6a(add("Mixed_6a", InceptionB(after_a(64, options), options))),
      Mixed_6b(add("Mixed_6b", InceptionC(after_b(options), 128, options))),
      Mixed_6c(add("Mixed_6c", InceptionC(after_c(options), 160, options))),
      Mixed_6d(add("Mixed_6d", InceptionC(after_c(options), 160, options))),
      Mixed_6e(add("Mixed_6e", InceptionC(after_c(options), 192, options))),
      AuxLogits(options.aux_logits
                    ? std::optional(add("AuxLogits", InceptionAux(after_c(options), options)))
                    : std::nullopt),
      Mixed_7a(add("Mixed_7a", InceptionD(after_c(options), options))),
      Mixed_7b(add("Mixed_7b", InceptionE(after_d(options), options))),
      Mixed_7c(add("Mixed_7c", InceptionE(after_e(options), options))),
      dropout(add("dropout", nn::Dropout(options.dropout))),
      fc(add("fc", nn::Linear(after_e(options), options.num_classes))),
      small_images_(options.small_images) {
  nn::init::trunc_normal(fc.weight, 0, 0.1, -2, 2);
}

Tensor InceptionV3::middle(const Tensor& x) const {
  Tensor y = Conv2d_2b_3x3(Conv2d_2a_3x3(Conv2d_1a_3x3(x)));
  if (!small_images_) y = max3(y);
  y = Conv2d_4a_3x3(Conv2d_3b_1x1(y));
  if (!small_images_) y = max3(y);
  y = Mixed_6a(Mixed_5d(Mixed_5c(Mixed_5b(y))));
  return Mixed_6e(Mixed_6d(Mixed_6c(Mixed_6b(y))));
}

Tensor InceptionV3::head(const Tensor& x) const {
  const Tensor y = adaptive_avg_pool2d(Mixed_7c(Mixed_7b(Mixed_7a(x))), 1);
  return fc(flatten(dropout(y), 1));
}

Tensor InceptionV3::operator()(const Tensor& x) const { return head(middle(x)); }

InceptionV3::Logits InceptionV3::with_aux(const Tensor& x) const {
  const Tensor y = middle(x);
  return {.main = head(y), .aux = AuxLogits ? (*AuxLogits)(y) : Tensor()};
}

}  // namespace engram::models
