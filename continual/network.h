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

/// A classifier as a method of continual learning sees it: a function from a batch of inputs to
/// logits (B, outputs), and the parameters that it learns. A handle, as the module is that it is
/// made from.
class Network {
 public:
  /// From an nn::Module that can be called, or anything that has `operator()(x)`, `parameters()`
  /// and `eval_mode()`. Error when it has no parameters, or one of them is not a leaf. Those that
  /// do not require a gradient, because they are frozen, no method protects or changes.
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

  /// Evaluation mode for as long as what is returned lives.
  [[nodiscard]] std::shared_ptr<void> eval_mode() const { return eval_mode_(); }
  /// The logits in evaluation mode, recorded by no tape.
  Tensor evaluate(const Tensor& x) const;
  /// The same with these values in the place of the parameters', which are exchanged for as long as
  /// it takes, without copying. ShapeError or DTypeError when they are not like the parameters.
  Tensor evaluate(const Tensor& x, const std::vector<Tensor>& values) const;

 private:
  void check_parameters() const;

  std::function<Tensor(const Tensor&)> logits_;
  std::function<std::shared_ptr<void>()> eval_mode_;
  std::vector<Tensor> parameters_;
};

/// Those columns of logits (B, all outputs). ShapeError when they are not there.
Tensor select_outputs(const Tensor& logits, const Outputs& outputs);

/// Mean cross entropy over these outputs alone: the loss of a task. DTypeError unless y (B,) is
/// i64, Error for a label that is none of them. Multi-head training and testing, and the classes
/// seen so far, are this mask.
Tensor classification_loss(const Tensor& logits, const Tensor& y, const Outputs& outputs);

/// The same when each row has outputs of its own: one for each.
Tensor classification_loss(const Tensor& logits, const Tensor& y, std::span<const Outputs> outputs);

/// True at each row's outputs: a boolean mask (rows, all outputs). ShapeError when they are not
/// there.
Tensor output_mask(std::span<const Outputs> outputs, std::int64_t all);

}  // namespace engram::continual
