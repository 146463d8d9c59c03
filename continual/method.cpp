#include <engram/autograd/ops/copy.h>
#include <engram/autograd/tape.h>
#include <engram/continual/method.h>

#include <fmt/format.h>

namespace engram::continual {

void Method::begin_task(const Task&) {}
Tensor Method::loss(const Step&, const Tensor& loss) { return loss; }
void Method::before_update() {}
void Method::after_update() {}
void Method::end_task(const Task&) {}
StateDict Method::state_dict() const { return {}; }

void Method::read_state(StateReader&) {}

void Method::load_state_dict(const StateDict& saved) {
  StateReader state(saved);
  read_state(state);
  state.commit();
}

std::int64_t Method::state_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& [name, value] : state_dict()) bytes += std::ssize(value.bytes());
  return bytes;
}

Combination::Combination(std::vector<std::unique_ptr<Method>> methods)
    : methods_(std::move(methods)) {
  check(!methods_.empty(), "Combination: there are no methods");
  for (const auto& method : methods_) check(method != nullptr, "Combination: a method is null");
}

void Combination::begin_task(const Task& task) {
  for (const auto& method : methods_) method->begin_task(task);
}

Tensor Combination::loss(const Step& step, const Tensor& loss) {
  Tensor total = loss;
  for (const auto& method : methods_) total = method->loss(step, total);
  return total;
}

void Combination::before_update() {
  for (const auto& method : methods_) method->before_update();
}

void Combination::after_update() {
  for (const auto& method : methods_) method->after_update();
}

void Combination::end_task(const Task& task) {
  for (const auto& method : methods_) method->end_task(task);
}

StateDict Combination::state_dict() const {
  StateDict state;
  for (std::size_t k = 0; k < methods_.size(); ++k) {
    state.add_all(fmt::format("{}.", k), methods_[k]->state_dict());
  }
  return state;
}

void Combination::read_state(StateReader& state) {
  for (std::size_t k = 0; k < methods_.size(); ++k) {
    state.within(fmt::format("{}.", k), [&] { methods_[k]->read_state(state); });
  }
}

StepResult train_step(const Network& network, Method& method, optim::Optimizer& optimizer,
                      const Task& task, const data::Batch& batch) {
  Tape tape;
  const Tensor logits = network(batch.x);
  const Tensor loss = method.loss({task, batch, logits},
                                  classification_loss(logits, batch.y, active_outputs(task, task)));
  const double value = loss.item();
  tape.backward(loss);
  method.before_update();
  optimizer.step();
  method.after_update();
  optimizer.zero_grad();
  return {detach(logits), value};
}

}  // namespace engram::continual
