#include <engram/autograd/ops/arithmetic.h>
#include <engram/continual/penalties/ewc.h>

namespace engram::continual {

EWC::EWC(Network network, const optim::EWCOptions& options)
    : network_(std::move(network)), penalty_(network_.parameters(), options) {}

Tensor EWC::loss(const Step&, const Tensor& loss) { return loss + penalty_.penalty(); }

void EWC::end_task(const Task& task) {
  const Outputs active = active_outputs(task, task);
  const auto mode = network_.eval_mode();
  penalty_.consolidate(
      [&](const Tensor& x) { return select_outputs(network_(x), active); },
      task.train.map_targets([active](const Tensor& y) { return y - active.begin; }));
}

}  // namespace engram::continual
