#pragma once

#include <engram/continual/method.h>

#include <optional>

namespace engram::continual {

struct LwFOptions {
  double temperature = 2;          ///< τ, of both softmaxes
  std::optional<double> weight{};  ///< of the distillation loss, in [0, 1]; by default 1 − 1/T
};

/// Learning without forgetting: a distillation loss keeps the outputs for the present task's inputs
/// near those of the network at the end of the previous task. With T tasks so far, the present one
/// included,
///
///     1/T·loss + (1 − 1/T)·τ² mean_n −Σ_c q_n,c log p_n,c
///
/// where p = softmax(logits / τ) is of the present network and q of the old one, whose parameters
/// are swapped in for a forward pass in evaluation mode. In task-incremental learning the
/// distillation loss is a mean over the heads learned before, each over its own outputs. In
/// class-incremental learning q is over the outputs of earlier tasks, and 0 for the new ones; p is
/// over both.
///
/// Li and Hoiem, "Learning without Forgetting", 2016 (arXiv 1606.09282), who weight both terms
/// alike, leave out τ², and first fit the new head alone. These weights and τ² are those of van de
/// Ven and Tolias, "Three scenarios for continual learning", 2019 (arXiv 1904.07734); their later
/// code has others.
///
/// The loss weighted by 1/T is the one passed in: in a Combination it includes the terms of earlier
/// methods. Buffers, such as the statistics of batch normalisation, are the present ones in both
/// forward passes. Keeps one tensor for each parameter.
class LwF : public Method {
 public:
  /// Error for a temperature that is not above 0, or a weight outside [0, 1].
  explicit LwF(Network network, const LwFOptions& options = {});

  Tensor loss(const Step& step, const Tensor& loss) override;
  void end_task(const Task& task) override;
  StateDict state_dict() const override;
  void read_state(StateReader& state) override;

 private:
  Tensor distillation(const Step& step) const;

  Network network_;
  LwFOptions options_;
  std::vector<Tensor> old_;     // the parameters at the end of the last task
  std::vector<Outputs> heads_;  // learned so far; none contains another
  int tasks_ = 0;
};

}  // namespace engram::continual
