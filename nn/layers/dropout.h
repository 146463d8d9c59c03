#pragma once

#include <engram/autograd/error.h>
#include <engram/autograd/ops/dropout.h>
#include <engram/nn/module.h>

namespace engram::nn {

/// Training zeroes each element with probability p, and scales the others by 1 / (1 - p);
/// evaluation is the identity. Random numbers come from the default generator.
struct Dropout : Module {
  explicit Dropout(double p = 0.5) : Module("Dropout"), p_(p) {
    check(p >= 0 && p <= 1, "Dropout: p must be in [0, 1], got {}", p);
  }

  Tensor operator()(const Tensor& x) const { return dropout(x, p_, is_training()); }

 private:
  double p_;
};

}  // namespace engram::nn
