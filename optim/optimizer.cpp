#include <engram/autograd/create.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/state_reader.h>
#include <engram/optim/optimizer.h>

#include <algorithm>
#include <string>

namespace engram::optim {
namespace {

// state_dict: "Adam.steps", then "groups.0.parameters", "groups.0.lr", ... of each group, then
// "state.0.step", "state.0.exp_avg", ... of each parameter, numbered through all groups.
std::string group_key(std::size_t group, const char* name) {
  return fmt::format("groups.{}.{}", group, name);
}
std::string steps_key(const char* optimizer) { return fmt::format("{}.steps", optimizer); }
std::string parameter_key(std::size_t parameter, const char* name) {
  return fmt::format("state.{}.{}", parameter, name);
}

/// In a state, of shape (0,): a slot that the options need and that no update has filled, because
/// they were assigned after the last one. One that is missing was lost.
Tensor unfilled(DType dtype) { return zeros({0}, dtype); }
bool is_unfilled(const Tensor& slot) { return slot.shape() == Shape{0}; }

}  // namespace

void Optimizer::step() {
  for (std::size_t group = 0; group < groups_.size(); ++group) check_options(group);
  check_states();
  ++steps_;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (Parameter& parameter : groups_[group]) {
      if (!parameter.value.requires_grad() || !parameter.value.grad().defined()) continue;
      ++parameter.step;
      update(parameter, group);
    }
  }
}

std::vector<Tensor> Optimizer::parameters() const {
  std::vector<Tensor> all;
  for (const auto& group : groups_) {
    for (const Parameter& parameter : group) all.push_back(parameter.value);
  }
  return all;
}

void Optimizer::zero_grad() {
  for (const auto& group : groups_) {
    for (const Parameter& parameter : group) parameter.value.set_grad({});
  }
}

StateDict Optimizer::state_dict() const {
  StateDict state;
  state.add_number(steps_key(name()), steps_);
  for (std::size_t k = 0; k < groups_.size(); ++k) {
    state.add_number(group_key(k, "parameters"), std::ssize(groups_[k]));
    save_options(state, k);
  }
  std::size_t index = 0;
  for (std::size_t k = 0; k < groups_.size(); ++k) {
    const Slots slots_of_group = slots(k);
    for (const Parameter& parameter : groups_[k]) {
      state.add_number(parameter_key(index, "step"), parameter.step);
      for (std::size_t slot = 0; slot < max_slots; ++slot) {
        const auto& [name, needed, is_number] = slots_of_group[slot];
        const Tensor& value = parameter.state[slot];
        if (value.defined()) {
          state.add(parameter_key(index, name), clone(value));
        } else if (name && needed && parameter.step > 0) {
          const DType dtype = is_number ? f64 : parameter.value.dtype();
          state.add(parameter_key(index, name), unfilled(dtype));
        }
      }
      ++index;
    }
  }
  return state;
}

void Optimizer::load_state_dict(const StateDict& saved) {
  StateReader state(saved);
  const bool is_former = former_name() && saved.contains(steps_key(former_name()));
  const auto steps = state.count<std::int64_t>(steps_key(is_former ? former_name() : name()));
  for (std::size_t k = 0; k < groups_.size(); ++k) {
    const std::string size_key = group_key(k, "parameters");
    const auto size = state.count<std::int64_t>(size_key);
    state.check(size == std::ssize(groups_[k]), size_key, "is {}, expected {}", size,
                groups_[k].size());
  }
  const std::vector<Slots> slots_of_groups = load_options(state);
  std::vector<std::vector<Parameter>> loaded = groups_;
  std::size_t index = 0;
  for (std::size_t k = 0; k < loaded.size(); ++k) {
    for (Parameter& parameter : loaded[k]) {
      parameter.step = state.count<std::int64_t>(parameter_key(index, "step"), steps);
      for (std::size_t slot = 0; slot < max_slots; ++slot) {
        parameter.state[slot] = Tensor();
        const auto& [name, needed, is_number] = slots_of_groups[k][slot];
        if (!name) continue;
        const std::string key = parameter_key(index, name);
        if (!state.contains(key) && !(needed && parameter.step > 0)) continue;
        const Shape shape = is_number ? Shape{} : parameter.value.shape();
        const Tensor value = state.tensor(key, is_number ? f64 : parameter.value.dtype());
        if (is_unfilled(value)) continue;
        state.check<ShapeError>(value.shape() == shape, key, "is {}, expected {}", value.shape(),
                                shape);
        parameter.state[slot] = value;
      }
      ++index;
    }
  }
  state.set(groups_, std::move(loaded));
  state.set(steps_, steps);
  state.commit();
}

void Optimizer::write_options(StateDict& state, std::size_t group,
                              const std::vector<Option>& options) {
  for (const auto& [option, value, is_new] : options) {
    const std::string key = group_key(group, option);
    if (const auto* const* flag = std::get_if<bool*>(&value)) {
      state.add_number(key, static_cast<std::uint8_t>(**flag));
    } else {
      state.add_number(key, *std::get<double*>(value));
    }
  }
}

void Optimizer::read_options(StateReader& state, std::size_t group,
                             const std::vector<Option>& options) {
  for (const auto& [option, value, is_new] : options) {
    const std::string key = group_key(group, option);
    if (is_new && !state.contains(key)) continue;
    if (bool* const* flag = std::get_if<bool*>(&value)) {
      **flag = state.number<std::uint8_t>(key) != 0;
    } else {
      *std::get<double*>(value) = state.number<double>(key);
    }
  }
}

void Optimizer::add_parameters(std::vector<Tensor> parameters) {
  check(!parameters.empty(), "{}: no parameters were given", name());
  std::vector<Parameter> added;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Tensor& parameter = parameters[k];
    check(parameter.defined(), "{}: parameter {} is undefined", name(), k);
    check_autograd(parameter.is_leaf(),
                   "{}: parameter {} is the result of a recorded operation; detach() it first",
                   name(), k);
    check_dtype(is_floating(parameter.dtype()), "{}: parameter {} needs f32 or f64, got {}", name(),
                k, parameter.dtype());
    const auto same = [&](const Parameter& other) { return other.value.is(parameter); };
    bool known = std::ranges::any_of(added, same);
    for (const auto& group : groups_) known |= std::ranges::any_of(group, same);
    check(!known, "{}: parameter {} was added before", name(), k);
    added.push_back({parameter, 0, {}});
  }
  groups_.push_back(std::move(added));
}

void Optimizer::check_group(std::size_t group) const {
  check(group < groups_.size(), "{}: there is no group {}, only {}", name(), group, groups_.size());
}

void Optimizer::check_option(bool ok, std::string_view option, std::string_view rule,
                             double value) const {
  check(ok, "{}: {} {}, got {}", name(), option, rule, value);
}

/// A parameter's value may have been replaced by one of another shape (`set_data`).
void Optimizer::check_states() const {
  for (std::size_t k = 0; k < groups_.size(); ++k) {
    const Slots slots_of_group = slots(k);
    for (const Parameter& parameter : groups_[k]) {
      for (std::size_t slot = 0; slot < max_slots; ++slot) {
        const Tensor& state = parameter.state[slot];
        if (!state.defined() || slots_of_group[slot].is_number) continue;
        const Tensor& value = parameter.value;
        check_shape(state.shape() == value.shape(),
                    "{}: a parameter is {} now, what is remembered of it {}", name(), value.shape(),
                    state.shape());
        check_dtype(state.dtype() == value.dtype(),
                    "{}: a parameter is {} now, what is remembered of it {}", name(), value.dtype(),
                    state.dtype());
      }
    }
  }
}

Tensor& Optimizer::state(Parameter& parameter, std::size_t slot, double initial) {
  Tensor& state = parameter.state[slot];
  if (!state.defined()) state = full_like(parameter.value, initial);
  return state;
}

double& Optimizer::number(Parameter& parameter, std::size_t slot, double initial) {
  Tensor& state = parameter.state[slot];
  if (!state.defined()) state = scalar(initial, f64);
  return state.data<double>()[0];
}

}  // namespace engram::optim
