#pragma once

#include <engram/data/dataset.h>
#include <engram/nn/module.h>

#include <concepts>
#include <cstdint>
#include <functional>

namespace engram::experiment {

/// The number of rows of `logits` (N, classes) whose argmax is the label, y (N,) of i64.
std::int64_t count_correct(const Tensor& logits, const Tensor& y);

struct Evaluation {
  double accuracy;  ///< 0 to 1
  double loss;      ///< mean cross entropy
};

/// Evaluates a classifier on all samples, in large batches, unrecorded. NaN for no samples.
Evaluation evaluate_function(const std::function<Tensor(const Tensor&)>& classifier,
                             const data::Dataset& dataset);

/// The same for a network, in eval mode.
template <std::derived_from<nn::Module> Net>
Evaluation evaluate(const Net& net, const data::Dataset& dataset) {
  const nn::EvalMode eval_mode(net);
  return evaluate_function([&](const Tensor& x) { return net(x); }, dataset);
}

}  // namespace engram::experiment
