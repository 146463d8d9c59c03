#pragma once

#include <engram/engram.h>

#include <functional>
#include <vector>

/// A network of f64 parameters and a function, convertible to continual::Network.
struct SmallNetwork {
  std::vector<engram::Tensor> tensors;
  std::function<engram::Tensor(const engram::Tensor&)> logits;

  engram::Tensor operator()(const engram::Tensor& x) const { return logits(x); }
  const std::vector<engram::Tensor>& parameters() const { return tensors; }
  int eval_mode() const { return 0; }
};

inline engram::Tensor parameter(const engram::Tensor& value) {
  value.set_requires_grad();
  return value;
}

/// linear(between(linear(x))), with or without biases, of sizes in, 5 and out.
template <class F>
SmallNetwork two_layers(std::int64_t in, std::int64_t out, bool bias, F between,
                        std::uint64_t seed = 1) {
  using namespace engram;
  Generator generator(seed);
  const Tensor w1 = parameter(randn({5, in}, f64, generator));
  const Tensor w2 = parameter(randn({out, 5}, f64, generator));
  if (!bias) return {{w1, w2}, [=](const Tensor& x) { return linear(between(linear(x, w1)), w2); }};
  const Tensor b1 = parameter(randn({5}, f64, generator));
  const Tensor b2 = parameter(randn({out}, f64, generator));
  return {{w1, b1, w2, b2},
          [=](const Tensor& x) { return linear(between(linear(x, w1, b1)), w2, b2); }};
}

/// A task with these samples, of as many classes as there are outputs.
inline engram::continual::Task task_of(const engram::Tensor& x, const engram::Tensor& y,
                                       engram::continual::Outputs outputs, int number = 0,
                                       engram::continual::Scenario scenario = {}) {
  const engram::data::Dataset dataset(x, y);
  return {number, "", dataset, dataset, outputs, scenario};
}

/// Steps on whole tasks.
inline void train(const engram::continual::Network& network, engram::continual::Method& method,
                  engram::optim::Optimizer& optimizer, const engram::continual::Task& task,
                  int steps) {
  method.begin_task(task);
  for (int step = 0; step < steps; ++step) {
    train_step(network, method, optimizer, task, task.train.all());
  }
  method.end_task(task);
}

inline double distance(const engram::Tensor& a, const engram::Tensor& b) {
  const engram::NoGrad no_grad;
  return engram::max(engram::abs(a - b)).item();
}
