#pragma once

#include <engram/continual/method.h>

#include <cstdint>

namespace engram::continual {

struct MASOptions {
  double lambda = 1;            ///< strength: λ·Σ Ω(θ − θ*)², without ½
  std::int64_t samples = 1000;  ///< drawn without replacement; 0, or more than there are: all
  std::int64_t batch = 250;     ///< samples of one forward pass; of no effect on the result
  std::uint64_t seed = 0;       ///< of the drawing of samples
};

/// Memory aware synapses: the importance of a parameter is the sensitivity of the outputs f to the
/// parameter, which needs no labels. At the end of a task
///
///     Ω ← Ω + 1/N Σ_n |∂ ‖f(x_n)‖² / ∂θ|
///     loss + λ·Σ Ω (θ − θ*)²
///
/// where each sample's own gradient is taken, θ* are the parameters at the end of the last task,
/// and f the logits of the task's active classes. Aljundi et al., "Memory Aware Synapses: Learning
/// what (not) to forget", 2018 (arXiv 1711.09601).
///
/// The sum over tasks, and λ without ½, are those of the authors' code. Their code takes the
/// magnitude of a batch's gradient, which is that of each sample's for batches of one only. The
/// paper uses all samples.
///
/// A network of dense layers needs no loop over samples: with the rows a of a layer's input and δ
/// of the gradient with respect to its output, Σ_n |δ_n·a_nᵀ| = |Δ|ᵀ|A|. Any other network takes a
/// backward pass for each sample. Keeps two tensors for each parameter.
class MAS : public Method {
 public:
  /// Error for a lambda or samples below 0, or a batch below 1.
  explicit MAS(Network network, const MASOptions& options = {});

  Tensor loss(const Step& step, const Tensor& loss) override;
  void end_task(const Task& task) override;
  StateDict state_dict() const override;
  void read_state(StateReader& state) override;

  /// Ω, one tensor for each parameter.
  const std::vector<Tensor>& importance() const { return importance_; }

 private:
  std::vector<Tensor> measure(const Task& task) const;

  Network network_;
  MASOptions options_;
  std::vector<Tensor> importance_;
  std::vector<Tensor> center_;  // θ*
  int tasks_ = 0;
};

}  // namespace engram::continual
