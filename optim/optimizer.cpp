#include <engram/autograd/create.h>
#include <engram/autograd/ops/copy.h>
#include <engram/optim/optimizer.h>
#include <engram/optim/saved_state.h>

#include <algorithm>
#include <string>

namespace engram::optim {
namespace {

// A saved state: "Adam.steps", then "groups.0.parameters", "groups.0.lr", ... of each group, then
// "state.0.step", "state.0.exp_avg", ... of each parameter, counted through all groups.
std::string group_key(std::size_t group, const char* name) {
  return fmt::format("groups.{}.{}", group, name);
}
std::string parameter_key(std::size_t parameter, const char* name) {
  return fmt::format("state.{}.{}", parameter, name);
}

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

/// The part of a saved state whose entries are always the same.
StateDict Optimizer::settings() const {
  StateDict state;
  state.add(steps_key(), to_tensor(steps_));
  for (std::size_t k = 0; k < groups_.size(); ++k) {
    state.add(group_key(k, "parameters"), to_tensor(static_cast<std::int64_t>(groups_[k].size())));
    save_options(state, k);
  }
  return state;
}

StateDict Optimizer::state_dict() const {
  StateDict state = settings();
  std::size_t index = 0;
  for (const auto& group : groups_) {
    for (const Parameter& parameter : group) {
      state.add(parameter_key(index, "step"), to_tensor(parameter.step));
      for (std::size_t slot = 0; slot < max_slots; ++slot) {
        const Tensor& value = parameter.state[slot];
        if (value.defined()) state.add(parameter_key(index, slots()[slot].name), clone(value));
      }
      ++index;
    }
  }
  return state;
}

void Optimizer::load_state_dict(const StateDict& state) {
  check_owner(state, name(), steps_key());
  const auto steps = read_number<std::int64_t>(state, steps_key());

  std::size_t group_count = 0;
  while (state.contains(group_key(group_count, "parameters"))) ++group_count;
  check(group_count == groups_.size(), "load_state_dict: saved were {} groups, {} has {}",
        group_count, name(), groups_.size());

  StateDict expected = settings();  // for its names
  std::vector<std::vector<Parameter>> loaded = groups_;
  std::size_t index = 0;
  for (std::size_t k = 0; k < group_count; ++k) {
    const auto saved = read_number<std::int64_t>(state, group_key(k, "parameters"));
    check(saved == static_cast<std::int64_t>(loaded[k].size()),
          "load_state_dict: saved were {} parameters in group {}, {} has {}", saved, k, name(),
          loaded[k].size());
    for (Parameter& parameter : loaded[k]) {
      const std::string step_key = parameter_key(index, "step");
      parameter.step = read_number<std::int64_t>(state, step_key);
      check(parameter.step >= 0 && parameter.step <= steps,
            "load_state_dict: \"{}\" is {}, of {} steps", step_key, parameter.step, steps);
      expected.add(step_key, state[step_key]);
      for (std::size_t slot = 0; slot < max_slots && slots()[slot].name; ++slot) {
        const std::string key = parameter_key(index, slots()[slot].name);
        const Tensor* value = state.find(key);
        parameter.state[slot] = Tensor();
        if (!value) {  // not made yet, or no option asked for it
          check(parameter.step == 0 || slots()[slot].optional,
                "load_state_dict: there is no \"{}\", though its parameter has seen {} updates",
                key, parameter.step);
          continue;
        }
        if (slots()[slot].is_number) {
          read_number<double>(state, key);
        } else {
          check_shape(value->shape() == parameter.value.shape(),
                      "load_state_dict: \"{}\" is {}, the parameter {}", key, value->shape(),
                      parameter.value.shape());
          check_dtype(value->dtype() == parameter.value.dtype(),
                      "load_state_dict: \"{}\" is {}, the parameter {}", key, value->dtype(),
                      parameter.value.dtype());
        }
        parameter.state[slot] = clone(detach(*value));
        expected.add(key, *value);
      }
      ++index;
    }
  }
  for (const auto& [key, value] : state) {
    check(expected.contains(key), "load_state_dict: \"{}\" is unexpected", key);
  }
  load_options(state);  // the last that can fail
  groups_ = std::move(loaded);
  steps_ = steps;
}

std::string Optimizer::steps_key() const { return fmt::format("{}.steps", name()); }

void Optimizer::write_options(StateDict& state, std::size_t group,
                              const std::vector<Option>& options) {
  for (const auto& [option, value] : options) {
    const std::string key = group_key(group, option);
    if (const auto* const* flag = std::get_if<bool*>(&value)) {
      state.add(key, to_tensor(static_cast<std::uint8_t>(**flag)));
    } else {
      state.add(key, to_tensor(*std::get<double*>(value)));
    }
  }
}

void Optimizer::read_options(const StateDict& state, std::size_t group,
                             const std::vector<Option>& options) {
  for (const auto& [option, value] : options) {
    const std::string key = group_key(group, option);
    if (bool* const* flag = std::get_if<bool*>(&value)) {
      **flag = read_number<std::uint8_t>(state, key) != 0;
    } else {
      *std::get<double*>(value) = read_number<double>(state, key);
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
  for (const auto& group : groups_) {
    for (const Parameter& parameter : group) {
      for (std::size_t slot = 0; slot < max_slots; ++slot) {
        const Tensor& state = parameter.state[slot];
        if (!state.defined() || slots()[slot].is_number) continue;
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
  if (!state.defined()) state = to_tensor(initial);
  return state.data<double>()[0];
}

}  // namespace engram::optim
