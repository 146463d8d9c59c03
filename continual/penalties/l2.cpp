#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/continual/penalties/l2.h>
#include <engram/continual/tensor_lists.h>
#include <engram/optim/quadratic_penalty.h>

namespace engram::continual {

L2::L2(Network network, const L2Options& options)
    : network_(std::move(network)),
      options_(options),
      alike_(network_.parameters().size()),
      center_(zeros_like(network_.parameters())) {
  check(options_.lambda >= 0, "L2: lambda must be at least 0, got {}", options_.lambda);
}

Tensor L2::loss(const Step&, const Tensor& loss) {
  if (tasks_ == 0) return loss;
  return loss + optim::quadratic_penalty(network_.parameters(), alike_, center_, options_.lambda);
}

void L2::end_task(const Task&) {
  copy_values("L2", network_.parameters(), center_);
  ++tasks_;
}

StateDict L2::state_dict() const {
  StateDict state{{"L2.tasks", scalar(tasks_, i64)}};
  state.add_list("center", center_);
  return state;
}

void L2::read_state(StateReader& state) {
  state.set(tasks_, state.count<int>("L2.tasks"));
  state.set(center_, state.finite_list("center", center_));
}

}  // namespace engram::continual
