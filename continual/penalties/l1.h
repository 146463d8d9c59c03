#pragma once

#include <engram/continual/method.h>

namespace engram::continual {

struct L1Options {
  double lambda = 1e-4;  ///< strength: the size of the gradient wherever a parameter has moved
};

/// Keeps most parameters at θ*, where the last task left them, and lets few move far:
///
///     loss + λ·Σ |θ − θ*|
///
/// L¹-SP in Li, Grandvalet and Davoine, "Explicit Inductive Bias for Transfer Learning with
/// Convolutional Networks", 2018 (arXiv 1802.01483), of all parameters, around the latest task. Its
/// gradient is ±λ however small the distance, and 0 at θ*, so that a parameter that the loss does
/// not hold oscillates around θ* by the size of a step. Keeps one tensor for each parameter.
class L1 : public Method {
 public:
  /// Error for a lambda below 0.
  explicit L1(Network network, const L1Options& options = {});

  Tensor loss(const Step& step, const Tensor& loss) override;
  void end_task(const Task& task) override;
  StateDict state_dict() const override;
  void read_state(StateReader& state) override;

 private:
  Network network_;
  L1Options options_;
  std::vector<Tensor> center_;  // θ*
  int tasks_ = 0;
};

}  // namespace engram::continual
