#pragma once

#include <engram/autograd/state_reader.h>
#include <engram/continual/network.h>
#include <engram/continual/streams/stream.h>
#include <engram/optim/optimizer.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace engram::continual {

/// A training step after its forward pass.
struct Step {
  const Task& task;
  const data::Batch& batch;
  const Tensor& logits;  ///< (B, all outputs), recorded
};

/// A method of continual learning: callbacks before a task, within each training step, and after a
/// task. Those of this class do nothing, which is the naive method (fine-tuning); one's own method
/// overrides those it needs.
///
///     struct Smooth : continual::Method {  // penalises large logits
///       Tensor loss(const continual::Step& step, const Tensor& loss) override {
///         return loss + 0.01 * mean(square(step.logits));
///       }
///     };
///
/// Random numbers of a method come from a stream named by its seed and the task's number: a
/// sequence that is resumed between two tasks continues with the same numbers.
class Method {
 public:
  Method() = default;
  virtual ~Method() = default;
  Method(const Method&) = delete;
  Method& operator=(const Method&) = delete;

  /// Before the first step on a task.
  virtual void begin_task(const Task& task);
  /// Under the step's tape. `loss` is the batch's loss, or the result of the previous method of a
  /// Combination; the step differentiates the returned loss.
  virtual Tensor loss(const Step& step, const Tensor& loss);
  /// After the backward pass, before the optimizer's step: may change the gradients.
  virtual void before_update();
  /// After the optimizer's step: may change the parameters.
  virtual void after_update();
  /// After the last step on a task.
  virtual void end_task(const Task& task);

  /// A copy of the method's state between two tasks: a method that loads this state continues in
  /// the same way. Empty for a method without state.
  virtual StateDict state_dict() const;
  /// Error for the state of another method, or one that does not fit, or whose values are not
  /// finite; the method is then unchanged.
  void load_state_dict(const StateDict& state);
  /// Reads the entries of `state_dict`, and registers the values with `StateReader::set`.
  virtual void read_state(StateReader& state);
  /// Bytes of the tensors of `state_dict`.
  std::int64_t state_bytes() const;
};

/// Several methods in sequence, such as replay and a penalty: each works on the result of the
/// previous one.
class Combination : public Method {
 public:
  /// Error for an empty list, or a null among the methods.
  explicit Combination(std::vector<std::unique_ptr<Method>> methods);

  void begin_task(const Task& task) override;
  Tensor loss(const Step& step, const Tensor& loss) override;
  void before_update() override;
  void after_update() override;
  void end_task(const Task& task) override;
  /// The states of all methods, with the prefixes "0.", "1.", …
  StateDict state_dict() const override;
  void read_state(StateReader& state) override;

 private:
  std::vector<std::unique_ptr<Method>> methods_;
};

/// One training step on a task: forward pass, cross entropy over the task's active classes, the
/// method's `loss`, backward pass, update, and cleared gradients.
struct StepResult {
  Tensor logits;  ///< (B, all outputs), detached
  double loss;    ///< the differentiated loss, with the method's terms
};
StepResult train_step(const Network& network, Method& method, optim::Optimizer& optimizer,
                      const Task& task, const data::Batch& batch);

}  // namespace engram::continual
