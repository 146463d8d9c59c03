#pragma once

#include <engram/continual/method.h>
#include <engram/optim/ewc.h>

namespace engram::continual {

/// Elastic weight consolidation, or online EWC with `gamma`: adds the penalty of optim::EWC
/// (formulas and sources there) to the loss. The Fisher information of a task is over its active
/// classes.
class EWC : public Method {
 public:
  explicit EWC(Network network, const optim::EWCOptions& options = {});

  Tensor loss(const Step& step, const Tensor& loss) override;
  void end_task(const Task& task) override;
  StateDict state_dict() const override { return penalty_.state_dict(); }
  void read_state(StateReader& state) override { penalty_.read_state(state); }

 private:
  Network network_;
  optim::EWC penalty_;
};

}  // namespace engram::continual
