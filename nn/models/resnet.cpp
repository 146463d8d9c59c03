#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/pooling.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/nn/checkpoint.h>
#include <engram/nn/init.h>
#include <engram/nn/models/resnet.h>

namespace engram::models {
namespace {

/// Without a bias, which batch normalisation would cancel; initialised as in He et al. (2015).
nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel,
                       std::int64_t stride = 1) {
  nn::Conv2d layer(in, out, kernel, {.stride = stride, .padding = kernel / 2, .bias = false});
  nn::init::kaiming_normal(layer.weight, {.mode = nn::init::FanMode::fan_out,
                                          .nonlinearity = nn::init::Nonlinearity::relu});
  return layer;
}

/// The shortcut of a block whose output has another shape than its input.
std::optional<nn::Sequential> shortcut(std::int64_t in, std::int64_t out, std::int64_t stride) {
  if (in == out && stride == 1) return std::nullopt;
  return nn::Sequential(convolution(in, out, 1, stride), nn::BatchNorm2d(out));
}

}  // namespace

BasicBlock::BasicBlock(std::int64_t in, std::int64_t channels, std::int64_t stride)
    : Module("BasicBlock"),
      conv1(add("conv1", convolution(in, channels, 3, stride))),
      bn1(add("bn1", nn::BatchNorm2d(channels))),
      conv2(add("conv2", convolution(channels, channels, 3))),
      bn2(add("bn2", nn::BatchNorm2d(channels))),
      downsample(shortcut(in, channels, stride)) {
  if (downsample) add("downsample", *downsample);
}

Tensor BasicBlock::operator()(const Tensor& x) const {
  return relu(bn2(conv2(relu(bn1(conv1(x))))) + (downsample ? (*downsample)(x) : x));
}

Bottleneck::Bottleneck(std::int64_t in, std::int64_t channels, std::int64_t stride)
    : Module("Bottleneck"),
      conv1(add("conv1", convolution(in, channels, 1))),
      bn1(add("bn1", nn::BatchNorm2d(channels))),
      conv2(add("conv2", convolution(channels, channels, 3, stride))),
      bn2(add("bn2", nn::BatchNorm2d(channels))),
      conv3(add("conv3", convolution(channels, expansion * channels, 1))),
      bn3(add("bn3", nn::BatchNorm2d(expansion * channels))),
      downsample(shortcut(in, expansion * channels, stride)) {
  if (downsample) add("downsample", *downsample);
}

Tensor Bottleneck::operator()(const Tensor& x) const {
  return relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x)))))))) +
              (downsample ? (*downsample)(x) : x));
}

namespace {

/// The first block has the stride, and changes the number of channels.
template <class Block>
nn::Sequential stage(std::int64_t in, std::int64_t channels, int blocks, std::int64_t stride) {
  nn::Sequential stage;
  for (int k = 0; k < blocks; ++k) {
    stage.append(Block(k == 0 ? in : Block::expansion * channels, channels, k == 0 ? stride : 1));
  }
  return stage;
}

/// Stage k = 0, …, 3, of 64·2ᵏ channels.
nn::Sequential stage(int k, int blocks, bool bottlenecks, const ModelOptions& options) {
  const std::int64_t channels = scaled(64 << k, options), stride = k == 0 ? 1 : 2;
  const std::int64_t before = scaled(k == 0 ? 64 : 32 << k, options);
  if (!bottlenecks) return stage<BasicBlock>(before, channels, blocks, stride);
  return stage<Bottleneck>(k == 0 ? before : Bottleneck::expansion * before, channels, blocks,
                           stride);
}

nn::Conv2d stem_convolution(const ModelOptions& options) {
  return convolution(options.in_channels, scaled(64, options), options.small_images ? 3 : 7,
                     options.small_images ? 1 : 2);
}

}  // namespace

ResNet::ResNet(const std::array<int, 4>& stages, bool bottlenecks, const ModelOptions& options)
    : Module("ResNet"),
      conv1(add("conv1", stem_convolution(options))),
      bn1(add("bn1", nn::BatchNorm2d(scaled(64, options)))),
      layer1(add("layer1", stage(0, stages[0], bottlenecks, options))),
      layer2(add("layer2", stage(1, stages[1], bottlenecks, options))),
      layer3(add("layer3", stage(2, stages[2], bottlenecks, options))),
      layer4(add("layer4", stage(3, stages[3], bottlenecks, options))),
      fc(add("fc", nn::Linear((bottlenecks ? Bottleneck::expansion : BasicBlock::expansion) *
                                  scaled(512, options),
                              options.num_classes))),
      small_images_(options.small_images),
      checkpoint_(options.checkpoint) {}

Tensor ResNet::stem(const Tensor& x) const {
  const Tensor y = relu(bn1(conv1(x)));
  return small_images_ ? y : max_pool2d(y, {.kernel = 3, .stride = 2, .padding = 1});
}

Tensor ResNet::features(const Tensor& x) const {
  const auto pooled = [](const Tensor& y) { return flatten(adaptive_avg_pool2d(y, 1), 1); };
  if (!checkpoint_) return pooled(layer4(layer3(layer2(layer1(stem(x))))));

  // The stem's output, one of the largest, is kept for the first block only.
  Tensor y = nn::checkpoint(
      [net = *this](const Tensor& image) {
        const auto first = [net](const Tensor& t) { return net.stem(t); };
        return net.layer1[0](nn::checkpoint(first, image));
      },
      x);
  for (const nn::Sequential& layer : {layer1, layer2, layer3, layer4}) {
    for (std::size_t k = layer.is(layer1) ? 1 : 0; k < layer.size(); ++k) {
      y = nn::checkpoint(layer[k], y);
    }
  }
  return pooled(y);
}

ResNet resnet18(const ModelOptions& options) { return {{2, 2, 2, 2}, false, options}; }
ResNet resnet34(const ModelOptions& options) { return {{3, 4, 6, 3}, false, options}; }
ResNet resnet50(const ModelOptions& options) { return {{3, 4, 6, 3}, true, options}; }

}  // namespace engram::models
