#pragma once

#include <engram/continual/method.h>

namespace engram::continual {

struct L2Options {
  double lambda = 1;  ///< strength of the penalty
};

/// A quadratic penalty on the change of all parameters, equally weighted, since the end of the last
/// task, θ*:
///
///     loss + ½·λ·Σ (θ − θ*)²
///
/// Baseline for methods with importances; "L2" in Kirkpatrick et al., "Overcoming catastrophic
/// forgetting in neural networks", 2017 (arXiv 1612.00796). Keeps one tensor for each parameter.
class L2 : public Method {
 public:
  /// Error for a lambda below 0.
  explicit L2(Network network, const L2Options& options = {});

  Tensor loss(const Step& step, const Tensor& loss) override;
  void end_task(const Task& task) override;
  StateDict state_dict() const override;
  void read_state(StateReader& state) override;

 private:
  Network network_;
  L2Options options_;
  std::vector<Tensor> alike_;   // importances: undefined, which is 1 everywhere
  std::vector<Tensor> center_;  // θ*
  int tasks_ = 0;
};

}  // namespace engram::continual
