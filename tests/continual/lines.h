#pragma once

#include <engram/engram.h>

#include <utility>
#include <vector>

/// The simplest classifier, in f64: logits x·w, all 0 at first.
struct Lines {
  engram::Tensor w;

  Lines(std::int64_t inputs, std::int64_t outputs)
      : w(engram::zeros({inputs, outputs}, engram::f64)) {
    w.set_requires_grad();
  }
  engram::Tensor operator()(const engram::Tensor& x) const { return matmul(x, w); }
  std::vector<engram::Tensor> parameters() const { return {w}; }
  int eval_mode() const { return 0; }
};

/// A task of samples x (N, inputs), its test data the same.
inline engram::continual::Task task_of(int number, engram::continual::Scenario scenario,
                                       engram::continual::Outputs outputs, const engram::Tensor& x,
                                       const engram::Tensor& y) {
  const engram::data::Dataset samples(x, y);
  return {number, "task", samples, samples, outputs, scenario};
}
