#pragma once

#include <engram/continual/method.h>

#include <cstdint>

namespace engram::continual {

struct MASOptions {
  double lambda = 1;            ///< strength; it stands before Σ Ω(θ − θ*)², without ½
  std::int64_t samples = 1000;  ///< drawn without replacement; 0, or more than there are: all
  std::int64_t batch = 250;  ///< samples that go through the network at once; changes nothing else
  std::uint64_t seed = 0;    ///< of the drawing of samples
};

/// Memory aware synapses: a parameter matters by how much the outputs f change with it, which needs
/// no labels. At the end of a task
///
///     Ω ← Ω + 1/N Σ_n |∂ ‖f(x_n)‖² / ∂θ|
///     loss + λ·Σ Ω (θ − θ*)²
///
/// with a mean over samples of each sample's own gradient, and θ* where the last task ended. f are
/// the logits that compete for the task. Aljundi et al., "Memory Aware Synapses: Learning what
/// (not) to forget", 2018 (arXiv 1711.09601).
///
/// The sum over tasks, and λ without ½, are those of the authors' code, which however takes the
/// magnitude of a batch's gradient, not of each sample's: the same for batches of one. The paper
/// uses all samples.
///
/// A network of dense layers needs no loop over samples: with rows a of what a layer sees and δ of
/// its outputs' gradients, Σ_n |δ_n·a_nᵀ| = |Δ|ᵀ|A|. For any other, each sample goes through alone.
/// Keeps two tensors for each parameter.
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
