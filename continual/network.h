#pragma once

#include <engram/autograd/tape.h>
#include <engram/autograd/tensor.h>
#include <engram/continual/streams/stream.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace engram::continual {

/// A classifier for the methods of continual learning: a function from a batch of inputs to logits
/// (B, outputs), and its parameters. A handle: copies share the module.
class Network {
 public:
  /// From a callable nn::Module, or anything with `operator()(x)`, `parameters()` and
  /// `eval_mode()`. Error when there are no parameters, or one is not a leaf. Frozen parameters
  /// (those that do not require a gradient) are neither protected nor changed by any method.
  template <class Model>
  requires requires(const Model& model, const Tensor& x) {
    model(x);
    model.parameters();
    model.eval_mode();
  }
  Network(const Model& model)
      : logits_([model](const Tensor& x) { return model(x); }),
        eval_mode_([model] {
          using Mode = decltype(model.eval_mode());
          return std::shared_ptr<void>(new Mode(model.eval_mode()));
        }),
        parameters_(model.parameters()) {
    check_parameters();
  }

  Tensor operator()(const Tensor& x) const { return logits_(x); }
  const std::vector<Tensor>& parameters() const { return parameters_; }

  /// Evaluation mode until the returned object is destroyed.
  [[nodiscard]] std::shared_ptr<void> eval_mode() const { return eval_mode_(); }
  /// The logits in evaluation mode, not recorded.
  Tensor evaluate(const Tensor& x) const;
  /// The same with `values` in place of the parameters: elements are swapped during the call, not
  /// copied. ShapeError or DTypeError when shapes or dtypes are not those of the parameters.
  Tensor evaluate(const Tensor& x, const std::vector<Tensor>& values) const;

 private:
  void check_parameters() const;

  std::function<Tensor(const Tensor&)> logits_;
  std::function<std::shared_ptr<void>()> eval_mode_;
  std::vector<Tensor> parameters_;
};

/// The columns `outputs` of logits (B, all outputs). ShapeError when they are out of range.
Tensor select_outputs(const Tensor& logits, const Outputs& outputs);

/// Mean cross entropy over `outputs` alone: the loss of a task. DTypeError unless y (B,) is i64,
/// Error for a label outside `outputs`. This mask implements both the heads of task-incremental
/// learning and the classes seen so far of class-incremental learning.
Tensor classification_loss(const Tensor& logits, const Tensor& y, const Outputs& outputs);

/// The same with active outputs for each row.
Tensor classification_loss(const Tensor& logits, const Tensor& y, std::span<const Outputs> outputs);

/// A boolean mask (rows, all outputs), true at each row's outputs. ShapeError when they are out of
/// range.
Tensor output_mask(std::span<const Outputs> outputs, std::int64_t all);

}  // namespace engram::continual
