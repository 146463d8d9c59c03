#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/ops/softmax.h>
#include <engram/continual/distillation/lwf.h>
#include <engram/continual/tensor_lists.h>

namespace engram::continual {
namespace {

constexpr const char* heads_key = "LwF.heads";  // (heads, 2): begin and end

}  // namespace

LwF::LwF(Network network, const LwFOptions& options)
    : network_(std::move(network)), options_(options), old_(zeros_like(network_.parameters())) {
  check(options_.temperature > 0, "LwF: temperature must be above 0, got {}", options_.temperature);
  const double weight = options_.weight.value_or(0);
  check(weight >= 0 && weight <= 1, "LwF: weight must be in [0, 1], got {}", weight);
}

Tensor LwF::loss(const Step& step, const Tensor& loss) {
  if (tasks_ == 0) return loss;
  const double weight = options_.weight.value_or(1 - 1.0 / (tasks_ + 1));
  const double scale = options_.temperature * options_.temperature;
  return (1 - weight) * loss + weight * scale * distillation(step);
}

/// −Σ_c q_c log p_c, averaged over samples and heads: q of the old network, p of the present one.
Tensor LwF::distillation(const Step& step) const {
  const Tensor old_logits = network_.evaluate(step.batch.x, old_);
  const bool grows = step.task.scenario == Scenario::classes;
  Tensor total;
  for (const Outputs& head : heads_) {
    const Outputs outputs = grows ? active_outputs(step.task, step.task) : head;
    Tensor target = softmax(select_outputs(old_logits, head) / options_.temperature, 1);
    if (outputs.end > head.end) {
      const Tensor none = zeros({target.size(0), outputs.end - head.end}, target.dtype());
      target = cat({target, none}, 1);
    }
    const Tensor each =
        cross_entropy(select_outputs(step.logits, outputs) / options_.temperature, target);
    total = total.defined() ? total + each : each;
  }
  return total / static_cast<double>(heads_.size());
}

void LwF::end_task(const Task& task) {
  copy_values("LwF", network_.parameters(), old_);
  const Outputs learned = active_outputs(task, task);
  std::erase_if(heads_, [&](const Outputs& head) {
    return head.begin >= learned.begin && head.end <= learned.end;
  });
  heads_.push_back(learned);
  ++tasks_;
}

StateDict LwF::state_dict() const {
  std::vector<std::int64_t> heads;
  for (const Outputs& head : heads_) heads.insert(heads.end(), {head.begin, head.end});
  StateDict state{{"LwF.tasks", scalar(tasks_, i64)},
                  {heads_key, tensor(heads, {std::ssize(heads_), 2})}};
  state.add_list("old", old_);
  return state;
}

void LwF::read_state(StateReader& state) {
  const int tasks = state.count<int>("LwF.tasks");
  const Tensor saved = state.tensor(heads_key, i64);
  state.check<ShapeError>(
      saved.rank() == 2 && saved.size(1) == 2 && (saved.size(0) > 0) == (tasks > 0), heads_key,
      "is {}, expected (heads, 2) of {} tasks", saved.shape(), tasks);
  const auto values = saved.data<std::int64_t>();
  std::vector<Outputs> heads;
  for (std::size_t k = 0; k < values.size(); k += 2) {
    const Outputs head{values[k], values[k + 1]};
    state.check(head.begin >= 0 && head.begin <= head.end, heads_key, "has the outputs {} to {}",
                head.begin, head.end);
    heads.push_back(head);
  }
  state.set(tasks_, tasks);
  state.set(heads_, std::move(heads));
  state.set(old_, state.finite_list("old", old_));
}

}  // namespace engram::continual
