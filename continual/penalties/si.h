#pragma once

#include <engram/continual/method.h>

namespace engram::continual {

struct SIOptions {
  double strength = 0.1;  ///< c; it stands before Σ Ω(θ − θ*)², without ½
  double damping = 0.1;   ///< ξ, keeps Ω finite where a parameter hardly moved
};

/// Synaptic intelligence: a parameter matters by what its moves have lowered the loss. Along the
/// steps t of a task it adds up the path integral w, and turns it into importances at the end:
///
///     w ← Σ_t −g_t (θ_t+1 − θ_t)
///     Ω ← max(0, Ω + w / ((θ_end − θ_start)² + ξ))
///     loss + c·Σ Ω (θ − θ*)²
///
/// g_t is the gradient without this penalty, θ_t+1 − θ_t what the optimizer made of the step, θ*
/// where the last task ended. Zenke, Poole and Ganguli, "Continual Learning Through Synaptic
/// Intelligence", 2017 (arXiv 1703.04200).
///
/// The maximum, after the sum, is that of the authors' code; the paper has none, and without it a
/// negative Ω pushes the parameter away. The code of van de Ven and Tolias has no maximum, and its
/// g_t contains the penalty's gradient.
///
/// The penalty is no term of the loss: its gradient 2c·Ω(θ − θ*) is added to what backward left,
/// so that g_t is had without a second backward, and the loss that a step reports is the task's.
/// In a combination, g_t is the gradient of all that the other methods make of the loss: of what
/// they replay, as it should be, but also of a penalty that they add.
///
/// Keeps two tensors for each parameter; during a task it needs two more.
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
  std::vector<Tensor> path_;           // w, but for the last step
  std::vector<Tensor> last_gradient_;  // g of the last step
};

}  // namespace engram::continual
