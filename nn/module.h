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

/// What layers and networks are made from: named parameters, named buffers (state without a
/// gradient, such as running statistics), named children, and whether it is being trained.
///
///     struct Net : nn::Module {
///       nn::Linear fc1 = add("fc1", nn::Linear(784, 400));
///       nn::Linear out = add("out", nn::Linear(400, 10));
///
///       Tensor operator()(const Tensor& x) const { return out(relu(fc1(x))); }
///     };
///
/// A module is a handle, as a Tensor is: a copy shares the parameters, and const members may change
/// them. It cannot be assigned to: the parent of `fc1` would not learn that the member is another
/// module now. Names and orders are PyTorch's.
class Module {
 public:
  Module() : Module("Module") {}
  /// `type` is what `summary` and errors call it.
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
  /// How many numbers the parameters hold.
  std::int64_t parameter_count() const;

  /// This module under the empty name, and all below it, parents first, each once.
  std::vector<std::pair<std::string, Module>> named_modules() const;
  /// What is this module's own, without its children's.
  const StateDict& own_parameters() const;
  const StateDict& own_buffers() const;

  /// Parameters and buffers. The tensors are the module's, not copies of them, and change with it:
  /// `clone(net.state_dict())` keeps them as they are.
  StateDict state_dict() const;
  /// Copies the values into this module's tensors, whose handles stay good and may be among the
  /// values. One Error lists all entries that are missing, unexpected, or of another shape or
  /// dtype; then nothing has changed.
  void load_state_dict(const StateDict& state, const LoadOptions& options = {}) const;

  /// Training or evaluation, for this module and all below it: batch normalisation and dropout
  /// differ. A new module is training. Takes effect when no `eval_mode` is alive any more.
  void train(bool on = true) const;
  void eval() const { train(false); }
  /// Evaluation mode, for this module and all that is below it now, for as long as what is returned
  /// lives, and any other of the same module, in whatever order they die and on whatever threads.
  [[nodiscard]] EvalMode eval_mode() const;
  bool is_training() const;

  /// Makes all parameters learn, or constants.
  void set_requires_grad(bool on = true) const;
  void freeze() const { set_requires_grad(false); }
  /// Clears the gradients of all parameters.
  void zero_grad() const;

  /// Converts parameters and buffers, but for the integers among them, to f32 or f64; clears the
  /// gradients. Handles stay good.
  void to(DType dtype) const;

 protected:
  /// Registers a child and returns it. Names may not be empty, taken, or contain a dot; a module
  /// may not contain itself: Error.
  template <std::derived_from<Module> M>
  M add(const std::string& name, M module) {
    add_child(name, module);
    return module;
  }
  /// Registers a tensor that learns, f32 or f64, and returns it.
  Tensor add_parameter(const std::string& name, Tensor value);
  /// Registers a tensor that is saved but does not learn, and returns it.
  Tensor add_buffer(const std::string& name, Tensor value);

 private:
  friend class EvalMode;
  struct State;

  /// Calls visit(path, module) for this module and all below it, parents first.
  template <class F>
  void walk(const std::string& path, F visit) const;
  void add_child(const std::string& name, const Module& child);
  void check_name(const char* caller, const std::string& name) const;

  std::shared_ptr<State> state_;
};

/// Keeps a module and all below it in evaluation mode; at the end each has its own mode back.
class EvalMode {
 public:
  explicit EvalMode(const Module& module);
  ~EvalMode();
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  std::vector<Module> modules_;
};

}  // namespace engram::nn
