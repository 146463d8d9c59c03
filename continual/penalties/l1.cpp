#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/continual/penalties/l1.h>
#include <engram/continual/tensor_lists.h>

namespace engram::continual {

L1::L1(Network network, const L1Options& options)
    : network_(std::move(network)), options_(options), center_(zeros_like(network_.parameters())) {
  check(options_.lambda >= 0, "L1: lambda must be at least 0, got {}", options_.lambda);
}

Tensor L1::loss(const Step&, const Tensor& loss) {
  if (tasks_ == 0) return loss;
  check_like("L1", network_.parameters(), center_);
  Tensor total = loss;
  for (std::size_t k = 0; k < center_.size(); ++k) {
    total = total + options_.lambda * sum(abs(network_.parameters()[k] - center_[k]));
  }
  return total;
}

void L1::end_task(const Task&) {
  copy_values("L1", network_.parameters(), center_);
  ++tasks_;
}

StateDict L1::state_dict() const {
  StateDict state{{"L1.tasks", scalar(tasks_, i64)}};
  state.add_list("center", center_);
  return state;
}

void L1::read_state(StateReader& state) {
  state.set(tasks_, state.count<int>("L1.tasks"));
  state.set(center_, state.list("center", center_));
}

}  // namespace engram::continual
