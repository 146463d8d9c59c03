#include <engram/autograd/error.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/state_reader.h>
#include <engram/autograd/tape.h>
#include <engram/nn/module.h>
#include <engram/nn/training_modes.h>

#include <algorithm>
#include <atomic>

namespace engram::nn {

struct Module::State {
  std::string type;
  StateDict parameters;
  StateDict buffers;
  std::vector<std::pair<std::string, Module>> children;
  std::atomic<bool> training = true;
  std::atomic<int> eval_modes = 0;  // EvalMode objects alive; above 0: evaluation mode
};

namespace {

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

/// The tensors of a list of modules under their full names, each tensor once.
template <class Own>
StateDict collect(const std::vector<std::pair<std::string, Module>>& modules, Own own) {
  StateDict all;
  for (const auto& [path, module] : modules) {
    for (const auto& [name, value] : own(module)) {
      const bool known = std::ranges::any_of(
          all, [&, &value = value](const auto& entry) { return entry.value.is(value); });
      if (!known) all.add(join(path, name), value);
    }
  }
  return all;
}

}  // namespace

Module::Module(std::string type) : state_(std::make_shared<State>()) {
  state_->type = std::move(type);
}

const std::string& Module::type() const { return state_->type; }
const StateDict& Module::own_parameters() const { return state_->parameters; }
const StateDict& Module::own_buffers() const { return state_->buffers; }
bool Module::is_training() const {
  return TrainingModes::answer(state_->training && state_->eval_modes == 0);
}

template <class F>
void Module::walk(const std::string& path, F visit) const {
  visit(path, *this);
  for (const auto& [name, child] : state_->children) child.walk(join(path, name), visit);
}

std::vector<std::pair<std::string, Module>> Module::named_modules() const {
  std::vector<std::pair<std::string, Module>> all;
  walk("", [&](const std::string& path, const Module& module) {
    const bool known =
        std::ranges::any_of(all, [&](const auto& entry) { return entry.second.is(module); });
    if (!known) all.emplace_back(path, module);
  });
  return all;
}

StateDict Module::named_parameters() const {
  return collect(
      named_modules(), [](const Module& m) -> auto& { return m.own_parameters(); });
}

StateDict Module::named_buffers() const {
  return collect(
      named_modules(), [](const Module& m) -> auto& { return m.own_buffers(); });
}

std::vector<Tensor> Module::parameters() const {
  std::vector<Tensor> all;
  for (const auto& entry : named_parameters()) all.push_back(entry.value);
  return all;
}

std::int64_t Module::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& entry : named_parameters()) count += entry.value.numel();
  return count;
}

StateDict Module::state_dict() const {
  StateDict all;  // shared tensors are under each of their names
  walk("", [&](const std::string& path, const Module& module) {
    for (const auto& [name, value] : module.own_parameters()) all.add(join(path, name), value);
    for (const auto& [name, value] : module.own_buffers()) all.add(join(path, name), value);
  });
  return all;
}

void Module::load_state_dict(const StateDict& state, const LoadOptions& options) const {
  StateReader(state).overwrite(state_dict(), options.strict);
}

void Module::train(bool on) const {
  walk("", [on](const std::string&, const Module& module) { module.state_->training = on; });
}

EvalMode Module::eval_mode() const { return EvalMode(*this); }

EvalMode::EvalMode(const Module& module) {
  for (const auto& [name, each] : module.named_modules()) modules_.push_back(each);
  for (const Module& each : modules_) ++each.state_->eval_modes;
}

EvalMode::EvalMode(std::vector<Module> modules) : modules_(std::move(modules)) {
  for (const Module& each : modules_) ++each.state_->eval_modes;
}

EvalMode::~EvalMode() {
  for (const Module& each : modules_) --each.state_->eval_modes;
}

void Module::set_requires_grad(bool on) const {
  for (const Tensor& parameter : parameters()) parameter.set_requires_grad(on);
}

void Module::zero_grad() const {
  for (const Tensor& parameter : parameters()) parameter.set_grad(Tensor());
}

void Module::to(DType dtype) const {
  check_dtype(is_floating(dtype), "to: needs f32 or f64, got {}", dtype);
  const NoGrad no_grad;
  for (const auto& [name, value] : state_dict()) {
    if (is_floating(value.dtype())) value.set_data(cast(value, dtype));
  }
}

Tensor Module::add_parameter(const std::string& name, Tensor value) {
  check_name("add_parameter", name);
  value.set_requires_grad();
  state_->parameters.add(name, value);
  return value;
}

Tensor Module::add_buffer(const std::string& name, Tensor value) {
  check_name("add_buffer", name);
  state_->buffers.add(name, value);
  return value;
}

void Module::add_child(const std::string& name, const Module& child) {
  check_name("add", name);
  child.walk("", [&](const std::string&, const Module& module) {
    check(!is(module), "add: \"{}\" contains the {} it is added to", name, type());
  });
  state_->children.emplace_back(name, child);
}

void Module::check_name(const char* caller, const std::string& name) const {
  check(!name.empty(), "{}: a name in {} is empty", caller, type());
  check(name.find('.') == std::string::npos, "{}: the name \"{}\" in {} contains a dot", caller,
        name, type());
  const bool taken =
      state_->parameters.contains(name) || state_->buffers.contains(name) ||
      std::ranges::any_of(state_->children, [&](const auto& child) { return child.first == name; });
  check(!taken, "{}: {} already has a \"{}\"", caller, type(), name);
}

}  // namespace engram::nn
