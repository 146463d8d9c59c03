#pragma once

#include "continual/setup.h"

#include <engram/autograd/ops/activation.h>
#include <engram/nn/init.h>
#include <engram/nn/layers/dropout.h>
#include <engram/nn/layers/linear.h>

#include <fmt/format.h>

#include <vector>

namespace engram::examples::runs {

/// Flat images (B, pixels) -> logits (B, outputs): hidden layers fc1, fc2, … with ReLU, then out.
struct Net : nn::Module {
  struct Hidden {
    nn::Linear linear;
    nn::Dropout dropout;
  };

  Net(std::int64_t pixels, std::int64_t outputs, const Setup& setup)
      : Module("Net"),
        hidden(added_layers(pixels, setup)),
        out(add("out", nn::Linear(setup.layers == 0 ? pixels : setup.hidden, outputs))) {
    if (setup.init != "xavier") return;
    for (const Hidden& layer : hidden) init_as_keras(layer.linear);
    init_as_keras(out);
  }

  Tensor operator()(const Tensor& x) const {
    Tensor h = x;
    for (const auto& [linear, dropout] : hidden) h = dropout(relu(linear(h)));
    return out(h);
  }

  std::vector<Hidden> hidden;
  nn::Linear out;

 private:
  static void init_as_keras(const nn::Linear& layer) {
    nn::init::xavier_uniform(layer.weight);
    nn::init::zeros(layer.bias);
  }

  std::vector<Hidden> added_layers(std::int64_t pixels, const Setup& setup) {
    std::vector<Hidden> layers;
    for (int k = 1; k <= setup.layers; ++k) {
      const std::int64_t inputs = k == 1 ? pixels : setup.hidden;
      layers.push_back({add(fmt::format("fc{}", k), nn::Linear(inputs, setup.hidden)),
                        add(fmt::format("dropout{}", k), nn::Dropout(setup.dropout))});
    }
    return layers;
  }
};

}  // namespace engram::examples::runs
