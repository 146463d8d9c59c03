#pragma once

#include <engram/autograd/error.h>
#include <engram/autograd/state_reader.h>
#include <engram/autograd/tensor.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace engram::optim {

/// The base of all optimizers: holds parameters in groups and updates them from their gradients.
///
///     optim::Adam adam(net.parameters(), {.lr = 1e-3, .weight_decay = 1e-4});
///     ...
///     tape.backward(loss);
///     adam.step();
///     adam.zero_grad();
///
/// Each group has its own options, initially those of the constructor, which may be assigned at any
/// time:
///
///     optim::Adam adam({body.parameters(), head.parameters()}, {.lr = 1e-3});
///     adam.group(1).lr = 1e-4;
///     adam.add_group(extra.parameters()).weight_decay = 0.1;
///
/// The state of a parameter, such as its moving averages, has the parameter's shape and dtype, and
/// is made at the parameter's first update.
class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// Updates every parameter that requires a gradient and has one; other parameters and their state
  /// are unchanged. Error when an option is out of its range, before any parameter changes.
  void step();

  /// Clears the gradients: until the next backward there are none, and `step` updates nothing.
  void zero_grad();

  /// Calls of `step`.
  std::int64_t steps() const { return steps_; }

  std::size_t group_count() const { return groups_.size(); }

  /// The parameters of all groups, in order.
  std::vector<Tensor> parameters() const;

  /// The learning rate of a group, for any optimizer, to read and to assign.
  virtual double& lr(std::size_t group = 0) = 0;
  /// The momentum of a group, which for Adam is β₁; null for an optimizer without momentum.
  virtual double* momentum(std::size_t group = 0) = 0;

  /// The state for resuming training, apart from the parameters: the options of the groups, the
  /// counts, and the state of each parameter. A copy: unlike a module's, it does not change with
  /// further training.
  StateDict state_dict() const;

  /// Restores a saved state: training continues bitwise, from the same parameters. Error for the
  /// state of another kind of optimizer, of other groups, or of parameters of other shapes or
  /// dtypes, and for one without a tensor, such as a momentum buffer, that its options need;
  /// nothing is then changed.
  void load_state_dict(const StateDict& state);

 protected:
  Optimizer() = default;
  Optimizer(Optimizer&&) = default;

  static constexpr std::size_t max_slots = 4;  // state tensors of a parameter

  struct Parameter {
    Tensor value;
    std::int64_t step = 0;  // number of updates, the running one included
    std::array<Tensor, max_slots> state;
  };

  /// A state tensor of each parameter, in the parameter's shape and dtype.
  struct Slot {
    const char* name = nullptr;  // in state_dict: PyTorch's
    bool needed = true;          // by the options
    bool is_number = false;      // a single f64 instead
  };
  using Slots = std::array<Slot, max_slots>;  // end at the first slot without a name

  /// A named option of a group, as in state_dict.
  struct Option {
    const char* name;
    std::variant<double*, bool*> value;
    bool is_new = false;  // not in states of version 0.1.0: keeps its default
  };

  virtual const char* name() const = 0;
  /// The name of this optimizer in states of earlier versions; null for none.
  virtual const char* former_name() const { return nullptr; }

  void add_parameters(std::vector<Tensor> parameters);
  void check_group(std::size_t group) const;

  /// Throws unless `ok`: "Adam: lr must be at least 0, got -1".
  void check_option(bool ok, std::string_view option, std::string_view rule, double value) const;
  void check_at_least_0(std::string_view option, double value) const {
    check_option(value >= 0, option, "must be at least 0", value);
    check_option(std::isfinite(value), option, "must be finite", value);
  }
  void check_in_0_1(std::string_view option, double value) const {
    check_option(value >= 0 && value < 1, option, "must be in [0, 1)", value);
  }

  static void write_options(StateDict& state, std::size_t group,
                            const std::vector<Option>& options);
  static void read_options(StateReader& state, std::size_t group,
                           const std::vector<Option>& options);

  /// A tensor of the parameter's state, filled with `initial` at the first use.
  static Tensor& state(Parameter& parameter, std::size_t slot, double initial = 0);
  /// The same for a slot that is a single number.
  static double& number(Parameter& parameter, std::size_t slot, double initial);

 private:
  virtual void check_options(std::size_t group) const = 0;
  virtual void update(Parameter& parameter, std::size_t group) = 0;
  virtual Slots slots(std::size_t group) const = 0;
  virtual void save_options(StateDict& state, std::size_t group) const = 0;
  /// Returns the slots of each group with the options in the state.
  virtual std::vector<Slots> load_options(StateReader& state) = 0;

  void check_states() const;

  std::vector<std::vector<Parameter>> groups_;
  std::int64_t steps_ = 0;
};

/// An optimizer whose groups have this type of options.
template <class Options>
class OptimizerWith : public Optimizer {
 public:
  /// The options of a group. The reference stays valid when groups are added. Error when there is
  /// no such group.
  Options& group(std::size_t index) {
    check_group(index);
    return options_[index];
  }

  /// Adds parameters with the options of the constructor, and returns these options, to be changed.
  /// Parameters may be frozen (not require a gradient), and may be frozen or unfrozen at any time.
  /// Error for no parameters, for one that is in a group already, and for one that is the result of
  /// a recorded operation or not f32 or f64.
  Options& add_group(std::vector<Tensor> parameters) {
    check_options(defaults_);
    add_parameters(std::move(parameters));
    return options_.emplace_back(defaults_);
  }

  double& lr(std::size_t index = 0) final { return group(index).lr; }
  double* momentum(std::size_t index = 0) final {
    [[maybe_unused]] Options& options = group(index);
    if constexpr (requires { options.betas; }) {
      return &options.betas[0];
    } else if constexpr (requires { options.momentum; }) {
      return &options.momentum;
    } else {
      return nullptr;
    }
  }

 protected:
  explicit OptimizerWith(const Options& defaults) : defaults_(defaults) {}

  void add_groups(std::vector<std::vector<Tensor>> groups) {
    check(!groups.empty(), "{}: no parameters were given", name());
    for (std::vector<Tensor>& parameters : groups) add_group(std::move(parameters));
  }

 private:
  virtual void check_options(const Options& options) const = 0;
  /// In the order of the argument `slot` of `state` and `number`.
  virtual Slots slots(const Options& options) const = 0;
  virtual void update(Parameter& parameter, const Options& options) = 0;
  virtual std::vector<Option> list(Options& options) const = 0;

  void check_options(std::size_t group) const final { check_options(options_[group]); }
  void update(Parameter& parameter, std::size_t group) final { update(parameter, options_[group]); }
  Slots slots(std::size_t group) const final { return slots(options_[group]); }
  void save_options(StateDict& state, std::size_t group) const final {
    Options copy = options_[group];
    write_options(state, group, list(copy));
  }
  std::vector<Slots> load_options(StateReader& state) final {
    std::vector<Slots> all;
    for (std::size_t k = 0; k < options_.size(); ++k) {
      Options loaded;
      read_options(state, k, list(loaded));
      check_options(loaded);
      all.push_back(slots(loaded));
      state.set(options_[k], loaded);
    }
    return all;
  }

  Options defaults_;
  std::deque<Options> options_;  // of each group; a deque keeps references valid
};

}  // namespace engram::optim
