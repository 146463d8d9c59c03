#include <engram/autograd/ops/pooling.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/nn/init.h>
#include <engram/nn/layers/activation.h>
#include <engram/nn/layers/batch_norm.h>
#include <engram/nn/layers/conv2d.h>
#include <engram/nn/layers/dropout.h>
#include <engram/nn/layers/linear.h>
#include <engram/nn/layers/pool.h>
#include <engram/nn/models/vgg.h>

#include <algorithm>

namespace engram::models {
namespace {

nn::Conv2d convolution(std::int64_t in, std::int64_t out) {
  nn::Conv2d layer(in, out, 3, {.padding = 1});
  nn::init::kaiming_normal(layer.weight, {.mode = nn::init::FanMode::fan_out,
                                          .nonlinearity = nn::init::Nonlinearity::relu});
  nn::init::zeros(layer.bias);
  return layer;
}

nn::Linear dense(std::int64_t in, std::int64_t out) {
  nn::Linear layer(in, out);
  nn::init::normal(layer.weight, 0, 0.01);
  nn::init::zeros(layer.bias);
  return layer;
}

nn::Sequential make_features(std::string_view convolutions, bool batch_norm,
                             const ModelOptions& options) {
  nn::Sequential layers;
  std::int64_t in = options.in_channels, channels = 64;
  for (std::size_t stage = 0; stage < convolutions.size(); ++stage) {
    const std::int64_t out = scaled(channels, options);
    for (char k = '0'; k < convolutions[stage]; ++k) {
      layers.append(convolution(in, out));
      if (batch_norm) layers.append(nn::BatchNorm2d(out));
      layers.append(nn::ReLU());
      in = out;
    }
    const bool last = stage + 1 == convolutions.size();
    if (!last || !options.small_images) layers.append(nn::MaxPool2d(2));
    channels = std::min<std::int64_t>(2 * channels, 512);
  }
  return layers;
}

nn::Sequential make_classifier(std::int64_t in, const VGGOptions& options) {
  const std::int64_t units = scaled(options.small_images ? 512 : 4096, options);
  return nn::Sequential(dense(in, units), nn::ReLU(), nn::Dropout(options.dropout),
                        dense(units, units), nn::ReLU(), nn::Dropout(options.dropout),
                        dense(units, options.num_classes));
}

}  // namespace

VGG::VGG(std::string_view convolutions, bool batch_norm, const VGGOptions& options)
    : Module("VGG"),
      features(add("features", make_features(convolutions, batch_norm, options))),
      classifier(
          add("classifier",
              make_classifier(scaled(512, options) * (options.small_images ? 1 : 7 * 7), options))),
      pooled_(options.small_images ? 1 : 7) {}

Tensor VGG::operator()(const Tensor& x) const {
  return classifier(flatten(adaptive_avg_pool2d(features(x), pooled_), 1));
}

VGG vgg11(const VGGOptions& options) { return {"11222", false, options}; }
VGG vgg13(const VGGOptions& options) { return {"22222", false, options}; }
VGG vgg16(const VGGOptions& options) { return {"22333", false, options}; }
VGG vgg11_bn(const VGGOptions& options) { return {"11222", true, options}; }
VGG vgg13_bn(const VGGOptions& options) { return {"22222", true, options}; }
VGG vgg16_bn(const VGGOptions& options) { return {"22333", true, options}; }

}  // namespace engram::models
