#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/pooling.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/nn/models/lenet.h>

namespace engram::models {

LeNet5::LeNet5(const LeNet5Options& options)
    : Module("LeNet5"),
      conv1(add("conv1", nn::Conv2d(options.in_channels, 6, 5, {.padding = 2}))),
      conv2(add("conv2", nn::Conv2d(6, 16, 5))),
      fc1(add("fc1", nn::Linear(16 * 5 * 5, 120))),
      fc2(add("fc2", nn::Linear(120, 84))),
      fc3(add("fc3", nn::Linear(84, options.num_classes))) {}

Tensor LeNet5::features(const Tensor& x) const {
  Tensor y = max_pool2d(relu(conv1(x)), {.kernel = 2});
  y = flatten(max_pool2d(relu(conv2(y)), {.kernel = 2}), 1);
  return relu(fc2(relu(fc1(y))));
}

}  // namespace engram::models
