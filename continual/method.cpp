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

void Method::load_state_dict(const StateDict& state) {
  check(state.empty(), "load_state_dict: the method keeps nothing, but the state has {} entries",
        state.size());
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
    for (const auto& [name, value] : methods_[k]->state_dict()) {
      state.add(fmt::format("{}.{}", k, name), value);
    }
  }
  return state;
}

void Combination::load_state_dict(const StateDict& state) {
  std::vector<StateDict> parts(methods_.size());
  for (const auto& [name, value] : state) {
    const std::size_t dot = name.find('.');
    std::size_t k = 0;
    while (k < parts.size() && name.substr(0, dot) != std::to_string(k)) ++k;
    check(dot != std::string::npos && k < parts.size(),
          "load_state_dict: \"{}\" is of none of {} methods", name, parts.size());
    parts[k].add(name.substr(dot + 1), value);
  }
  // A part that does not fit must leave the parts before it as they were.
  std::vector<StateDict> before;
  for (const auto& method : methods_) before.push_back(method->state_dict());
  std::size_t loaded = 0;
  try {
    for (; loaded < parts.size(); ++loaded) methods_[loaded]->load_state_dict(parts[loaded]);
  } catch (...) {
    while (loaded-- > 0) methods_[loaded]->load_state_dict(before[loaded]);
    throw;
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
