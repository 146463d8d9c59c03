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

/// What every optimizer does: it holds parameters in groups and updates them from their gradients.
///
///     optim::Adam adam(net.parameters(), {.lr = 1e-3, .weight_decay = 1e-4});
///     ...
///     tape.backward(loss);
///     adam.step();
///     adam.zero_grad();
///
/// Each group has options of its own, which start as those that the constructor was given and may
/// be assigned to at any time:
///
///     optim::Adam adam({body.parameters(), head.parameters()}, {.lr = 1e-3});
///     adam.group(1).lr = 1e-4;
///     adam.add_group(extra.parameters()).weight_decay = 0.1;
///
/// What an optimizer remembers of a parameter (its moving averages, say) has the parameter's shape
/// and dtype, and is made when the parameter has its first gradient.
class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// Updates every parameter that requires a gradient and has one; the others stay as they are, and
  /// what is remembered of them too. Error when an option is out of its range; then no parameter
  /// has changed.
  void step();

  /// Clears the gradients: until the next backward there are none, and `step` updates nothing.
  void zero_grad();

  /// How often `step` was called.
  std::int64_t steps() const { return steps_; }

  std::size_t group_count() const { return groups_.size(); }

  /// The parameters of all groups, in order.
  std::vector<Tensor> parameters() const;

  /// The learning rate of a group, whatever the optimizer, to read and to assign.
  virtual double& lr(std::size_t group = 0) = 0;
  /// The momentum of a group, which for Adam is β₁; null where the optimizer knows none.
  virtual double* momentum(std::size_t group = 0) = 0;

  /// All that is needed to go on later as if nothing had happened, but for the parameters: the
  /// options of the groups, the counts, and what is remembered of each parameter. A copy: unlike
  /// the state of a module it does not change as training goes on.
  StateDict state_dict() const;

  /// Goes on from a saved state: bitwise, if the parameters are what they were then. Error for the
  /// state of another kind of optimizer, of other groups, or of parameters of other shapes or
  /// dtypes; then nothing has changed.
  void load_state_dict(const StateDict& state);

 protected:
  Optimizer() = default;
  Optimizer(Optimizer&&) = default;

  static constexpr std::size_t max_slots = 4;  // tensors that an optimizer keeps for a parameter

  struct Parameter {
    Tensor value;
    std::int64_t step = 0;  // how many updates it has seen, the running one included
    std::array<Tensor, max_slots> state;
  };

  /// A tensor that is kept for each parameter, in its shape and dtype.
  struct Slot {
    const char* name = nullptr;  // in a saved state: PyTorch's
    bool optional = false;       // kept with some options only
    bool is_number = false;      // a single f64 instead
  };
  using Slots = std::array<Slot, max_slots>;  // the first without a name ends them

  /// An option of a group, under its name.
  struct Option {
    const char* name;
    std::variant<double*, bool*> value;
    bool is_new = false;  // version 0.1.0 did not save it: it has its default then
  };

  virtual const char* name() const = 0;
  /// Another name under which earlier versions saved states that are its own; null for none.
  virtual const char* former_name() const { return nullptr; }
  /// In the order of the numbers that `state` and `number` take.
  virtual Slots slots() const = 0;

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

  /// A tensor of the parameter's state, made full of `initial` when it is used first.
  static Tensor& state(Parameter& parameter, std::size_t slot, double initial = 0);
  /// The same for the slot that is a single number.
  static double& number(Parameter& parameter, std::size_t slot, double initial);

 private:
  virtual void check_options(std::size_t group) const = 0;
  virtual void update(Parameter& parameter, std::size_t group) = 0;
  virtual void save_options(StateDict& state, std::size_t group) const = 0;
  virtual void load_options(StateReader& state) = 0;

  void check_states() const;

  std::vector<std::vector<Parameter>> groups_;
  std::int64_t steps_ = 0;
};

/// An optimizer whose groups have this type of options.
template <class Options>
class OptimizerWith : public Optimizer {
 public:
  /// The options of a group. The reference stays good when groups are added. Error when there is no
  /// such group.
  Options& group(std::size_t index) {
    check_group(index);
    return options_[index];
  }

  /// Adds parameters with the options that the constructor was given, and returns those options to
  /// be changed. Those that do not require a gradient, as the frozen ones of a net, may be among
  /// them, and be frozen or learn at any time. Error for no parameters, for one that is in a group
  /// already, and for one that is the result of a recorded operation or not f32 or f64.
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
  virtual void update(Parameter& parameter, const Options& options) = 0;
  virtual std::vector<Option> list(Options& options) const = 0;

  void check_options(std::size_t group) const final { check_options(options_[group]); }
  void update(Parameter& parameter, std::size_t group) final { update(parameter, options_[group]); }
  void save_options(StateDict& state, std::size_t group) const final {
    Options copy = options_[group];
    write_options(state, group, list(copy));
  }
  void load_options(StateReader& state) final {
    for (std::size_t k = 0; k < options_.size(); ++k) {
      Options loaded;
      read_options(state, k, list(loaded));
      check_options(loaded);
      state.set(options_[k], loaded);
    }
  }

  Options defaults_;
  std::deque<Options> options_;  // of each group; a deque, so that references stay good
};

}  // namespace engram::optim
