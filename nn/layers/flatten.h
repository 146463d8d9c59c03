#pragma once

#include <engram/autograd/ops/shaping.h>
#include <engram/nn/module.h>

namespace engram::nn {

/// Merges the axes from `start` to `end`, both included: by default all but the batch's.
struct Flatten : Module {
  explicit Flatten(std::int64_t start = 1, std::int64_t end = -1)
      : Module("Flatten"), start_(start), end_(end) {}

  Tensor operator()(const Tensor& x) const { return flatten(x, start_, end_); }

 private:
  std::int64_t start_, end_;
};

}  // namespace engram::nn
