#pragma once

#include <engram/continual/method.h>

#include <optional>

namespace engram::continual {

struct LwFOptions {
  double temperature = 2;          ///< τ, which softens both distributions
  std::optional<double> weight{};  ///< of the distillation, in [0, 1]; by default 1 − 1/T
};

/// Learning without forgetting: on the inputs of the present task, the network shall still say what
/// it said at the end of the last one. With T tasks so far, the present one included,
///
///     1/T·loss + (1 − 1/T)·τ² mean_n −Σ_c q_n,c log p_n,c
///
/// where p = softmax(logits / τ) is the network's and q that of the network as it was, whose values
/// are exchanged with the present ones for its forward pass, in evaluation mode. In the scenario of
/// tasks the distillation is a mean over the heads learned before, each over its own outputs. In
/// that of classes q is over the outputs seen before the task, and 0 for the new ones, p over both.
///
/// Li and Hoiem, "Learning without Forgetting", 2016 (arXiv 1606.09282), who weight both terms
/// alike, leave out τ², and first fit the new head alone. These weights and τ² are those of van de
/// Ven and Tolias, "Three scenarios for continual learning", 2019 (arXiv 1904.07734); their later
/// code has others.
///
/// The loss that is weighted by 1/T is all that it is given: a method before it in a combination is
/// weighted too. Buffers, as the statistics of batch normalisation, are the present ones. Keeps one
/// tensor for each parameter.
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
  std::vector<Tensor> old_;     // the parameters where the last task ended
  std::vector<Outputs> heads_;  // that were learned; none lies in another
  int tasks_ = 0;
};

}  // namespace engram::continual
