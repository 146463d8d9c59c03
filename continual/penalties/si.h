#pragma once

#include <engram/continual/method.h>

namespace engram::continual {

struct SIOptions {
  double strength = 0.1;  ///< c: c·Σ Ω(θ − θ*)², without ½
  double damping = 0.1;   ///< ξ, keeps Ω finite where a parameter hardly moved
};

/// Synaptic intelligence: the importance of a parameter is its contribution to the decrease of the
/// loss, a path integral w over the steps t of a task, normalised at the end of the task:
///
///     w ← Σ_t −g_t (θ_t+1 − θ_t)
///     Ω ← max(0, Ω + w / ((θ_end − θ_start)² + ξ))
///     loss + c·Σ Ω (θ − θ*)²
///
/// where g_t is the gradient without this penalty, θ_t+1 − θ_t the optimizer's update, and θ* are
/// the parameters at the end of the last task. Zenke, Poole and Ganguli, "Continual Learning
/// Through Synaptic Intelligence", 2017 (arXiv 1703.04200).
///
/// The maximum, after the sum, is that of the authors' code; the paper has none, but a negative Ω
/// would push the parameter away from θ*. The code of van de Ven and Tolias has no maximum, and its
/// g_t contains the penalty's gradient.
///
/// The penalty is not a term of the loss: its gradient 2c·Ω(θ − θ*) is added to the gradients after
/// the backward pass, so g_t takes no second one, and a step reports the task's loss. In a
/// Combination, g_t is the gradient of the loss with the other methods' terms: of replay, as it
/// should be, but of penalties too.
///
/// Keeps two tensors for each parameter, and two more during a task.
class SI : public Method {
 public:
  /// Error for a strength below 0, or a damping that is not above 0.
  explicit SI(Network network, const SIOptions& options = {});

  void begin_task(const Task& task) override;
  void before_update() override;
  void end_task(const Task& task) override;
  StateDict state_dict() const override;
  void read_state(StateReader& state) override;

  /// Ω, one tensor for each parameter.
  const std::vector<Tensor>& importance() const { return importance_; }

 private:
  void begin_path();

  Network network_;
  SIOptions options_;
  std::vector<Tensor> importance_;
  std::vector<Tensor> center_;  // θ*; within a task also θ_start
  int tasks_ = 0;
  // Of the present task.
  std::vector<Tensor> path_;           // w without its last term, − g φ (si.cpp)
  std::vector<Tensor> last_gradient_;  // g of the last step
};

}  // namespace engram::continual
