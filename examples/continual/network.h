#pragma once

#include "continual/setup.h"

#include <engram/autograd/ops/activation.h>
#include <engram/nn/dropout.h>
#include <engram/nn/linear.h>

#include <fmt/format.h>

#include <vector>

namespace engram::examples::runs {

/// Flat images (B, pixels) -> logits (B, outputs): hidden layers fc1, fc2, … with ReLU, then out.
struct Net : nn::Module {
  Net(std::int64_t pixels, std::int64_t outputs, const Setup& setup) : Module("Net") {
    for (int k = 1; k <= setup.layers; ++k) {
      hidden.push_back(
          add(fmt::format("fc{}", k), nn::Linear(k == 1 ? pixels : setup.hidden, setup.hidden)));
      dropout.push_back(add(fmt::format("dropout{}", k), nn::Dropout(setup.dropout)));
    }
    out.push_back(add("out", nn::Linear(setup.layers == 0 ? pixels : setup.hidden, outputs)));
  }

  Tensor operator()(const Tensor& x) const {
    Tensor h = x;
    for (std::size_t k = 0; k < hidden.size(); ++k) h = dropout[k](relu(hidden[k](h)));
    return out[0](h);
  }

  std::vector<nn::Linear> hidden, out;
  std::vector<nn::Dropout> dropout;
};

}  // namespace engram::examples::runs
