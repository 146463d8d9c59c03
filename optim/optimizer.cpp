#include <engram/autograd/create.h>
#include <engram/optim/optimizer.h>

#include <algorithm>

namespace engram::optim {

void Optimizer::step() {
  for (std::size_t group = 0; group < groups_.size(); ++group) check_options(group);
  check_states();
  ++steps_;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (Parameter& parameter : groups_[group]) {
      if (!parameter.value.grad().defined()) continue;
      ++parameter.step;
      update(parameter, group);
    }
  }
}

void Optimizer::zero_grad() {
  for (const auto& group : groups_) {
    for (const Parameter& parameter : group) parameter.value.set_grad({});
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
    check_autograd(parameter.requires_grad(),
                   "{}: parameter {} does not require a gradient; set_requires_grad() asks for one",
                   name(), k);
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
      for (const Tensor& state : parameter.state) {
        if (!state.defined()) continue;
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

}  // namespace engram::optim
