#pragma once

#include <engram/autograd/state.h>
#include <engram/autograd/tensor.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace engram::nn {

class EvalMode;

struct LoadOptions {
  bool strict = true;  ///< missing and unexpected names are errors
};

/// Base of layers and networks: named parameters, named buffers (state without a gradient, such as
/// running statistics), named children, and a mode: training or evaluation.
///
///     struct Net : nn::Module {
///       nn::Linear fc1 = add("fc1", nn::Linear(784, 400));
///       nn::Linear out = add("out", nn::Linear(400, 10));
///
///       Tensor operator()(const Tensor& x) const { return out(relu(fc1(x))); }
///     };
///
/// A module is a handle, as a Tensor is: a copy shares the parameters, and const members may change
/// them. There is no assignment: the parent of `fc1` would keep the old module. Names and orders
/// are PyTorch's.
class Module {
 public:
  Module() : Module("Module") {}
  /// `type` is the module's name in `summary` and errors.
  explicit Module(std::string type);
  Module(const Module&) = default;
  Module& operator=(const Module&) = delete;

  const std::string& type() const;
  bool is(const Module& other) const { return state_ == other.state_; }

  /// All parameters, the module's own before its children's, each once though several modules may
  /// share it. Names are dotted paths: `fc1.weight`.
  StateDict named_parameters() const;
  std::vector<Tensor> parameters() const;
  /// All buffers, in the same way.
  StateDict named_buffers() const;
  /// The number of elements of all parameters.
  std::int64_t parameter_count() const;

  /// This module under the empty name, and all its descendants, parents first, each once.
  std::vector<std::pair<std::string, Module>> named_modules() const;
  /// This module's own, without its children's.
  const StateDict& own_parameters() const;
  const StateDict& own_buffers() const;

  /// Parameters and buffers. The tensors are the module's, not copies, and change with the module:
  /// `clone(net.state_dict())` is a snapshot.
  StateDict state_dict() const;
  /// Copies the values into this module's tensors, whose handles stay valid and may be among the
  /// values. One Error lists all entries that are missing, unexpected, or of another shape or
  /// dtype; nothing is then changed.
  void load_state_dict(const StateDict& state, const LoadOptions& options = {}) const;

  /// Training or evaluation mode, for this module and all its descendants: batch normalisation and
  /// dropout differ. New modules are in training mode. Takes effect once no `eval_mode` is alive.
  void train(bool on = true) const;
  void eval() const { train(false); }
  /// Evaluation mode, for this module and its present descendants, until the returned object is
  /// destroyed. Several may be alive for one module, and be destroyed in any order and on any
  /// threads.
  [[nodiscard]] EvalMode eval_mode() const;
  bool is_training() const;

  /// Unfreezes or freezes all parameters.
  void set_requires_grad(bool on = true) const;
  void freeze() const { set_requires_grad(false); }
  /// Clears the gradients of all parameters.
  void zero_grad() const;

  /// Converts floating-point parameters and buffers to f32 or f64; clears the gradients. Handles
  /// stay valid.
  void to(DType dtype) const;

 protected:
  /// Registers a child and returns it. Error for a name that is empty, taken, or contains a dot,
  /// and for a child that contains this module.
  template <std::derived_from<Module> M>
  M add(const std::string& name, M module) {
    add_child(name, module);
    return module;
  }
  /// Registers a trainable tensor, f32 or f64, and returns it.
  Tensor add_parameter(const std::string& name, Tensor value);
  /// Registers a tensor that is saved but not trained, and returns it.
  Tensor add_buffer(const std::string& name, Tensor value);

 private:
  friend class EvalMode;
  struct State;

  /// Calls visit(path, module) for this module and all its descendants, parents first.
  template <class F>
  void walk(const std::string& path, F visit) const;
  void add_child(const std::string& name, const Module& child);
  void check_name(const char* caller, const std::string& name) const;

  std::shared_ptr<State> state_;
};

/// Keeps a module and its descendants in evaluation mode; the destructor restores each one's own
/// mode.
class EvalMode {
 public:
  explicit EvalMode(const Module& module);
  /// Of these modules, without what is below them.
  explicit EvalMode(std::vector<Module> modules);
  ~EvalMode();
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  std::vector<Module> modules_;
};

}  // namespace engram::nn
