#pragma once

#include <engram/nn/module.h>

namespace engram::nn {

/// Returns its argument: a placeholder for a layer that is left out.
struct Identity : Module {
  Identity() : Module("Identity") {}
  Tensor operator()(const Tensor& x) const { return x; }
};

}  // namespace engram::nn
