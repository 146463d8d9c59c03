#include "optimizers/network.h"

#include <engram/autograd/error.h>
#include <engram/autograd/random.h>
#include <engram/nn/init.h>
#include <engram/nn/layers/activation.h>
#include <engram/nn/layers/conv2d.h>
#include <engram/nn/layers/flatten.h>
#include <engram/nn/layers/linear.h>
#include <engram/nn/layers/pool.h>

#include <cmath>
#include <vector>

namespace engram::examples::study {
namespace {

/// N(0, σ²) truncated at ±2σ, by rejection.
void truncated_normal(const Tensor& x, double sigma) {
  std::vector<float*> missing;
  for (float& element : x.data<float>()) missing.push_back(&element);
  while (!missing.empty()) {
    const Tensor drawn = randn({static_cast<std::int64_t>(missing.size())});
    std::vector<float*> rejected;
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const float z = drawn.data<float>()[i];
      if (std::abs(z) <= 2) {
        *missing[i] = static_cast<float>(sigma) * z;
      } else {
        rejected.push_back(missing[i]);
      }
    }
    missing = std::move(rejected);
  }
}

}  // namespace

nn::Sequential make_network(const std::string& name) {
  using namespace nn;
  if (name == "mlp") {
    return Sequential(Flatten(), Linear(784, 128), ReLU(), Linear(128, 128), ReLU(),
                      Linear(128, 10));
  }
  if (name == "cnn") {
    return Sequential(Conv2d(1, 8, 5), ReLU(), MaxPool2d(2), Conv2d(8, 16, 5), ReLU(), MaxPool2d(2),
                      Flatten(), Linear(256, 10));
  }
  check(name == "2c2d", "make_network: there is no {}", name);
  const Sequential network(Conv2d(1, 32, 5, {.padding = 2}), ReLU(), MaxPool2d(2),
                           Conv2d(32, 64, 5, {.padding = 2}), ReLU(), MaxPool2d(2), Flatten(),
                           Linear(3136, 1024), ReLU(), Linear(1024, 10));
  for (const Tensor& parameter : network.parameters()) {
    if (parameter.rank() == 1) {
      init::constant(parameter, 0.05);
    } else {
      truncated_normal(parameter, 0.05);
    }
  }
  return network;
}

}  // namespace engram::examples::study
