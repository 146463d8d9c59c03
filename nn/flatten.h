#pragma once

#include <engram/autograd/ops/shaping.h>
#include <engram/nn/module.h>

namespace engram::nn {

/// The axes from `start` to `end`, both included, become one: by default all but the batch's.
struct Flatten : Module {
  explicit Flatten(int start = 1, int end = -1) : Module("Flatten"), start_(start), end_(end) {}

  Tensor operator()(const Tensor& x) const { return report(flatten(x, start_, end_)); }

 private:
  int start_, end_;
};

}  // namespace engram::nn
