#pragma once

#include <engram/autograd/state_reader.h>
#include <engram/continual/network.h>
#include <engram/continual/streams/stream.h>
#include <engram/optim/optimizer.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace engram::continual {

/// What a training step has before its loss.
struct Step {
  const Task& task;
  const data::Batch& batch;
  const Tensor& logits;  ///< of the batch: (B, all outputs), recorded
};

/// A method of continual learning: what it does before a task, in a step, and after a task. Every
/// function does nothing here, which is the naive method; one's own method overrides those it
/// needs.
///
///     struct Smooth : continual::Method {  // confident answers cost something
///       Tensor loss(const continual::Step& step, const Tensor& loss) override {
///         return loss + 0.01 * mean(square(step.logits));
///       }
///     };
///
/// What is random in a method comes from a stream named by its seed and the number of the task, so
/// that a sequence that is taken up again between two tasks goes on with the same numbers.
class Method {
 public:
  Method() = default;
  virtual ~Method() = default;
  Method(const Method&) = delete;
  Method& operator=(const Method&) = delete;

  /// Before the first step on a task.
  virtual void begin_task(const Task& task);
  /// Under the step's tape. `loss` is that of the batch alone, or what the method before this one
  /// made of it; returns what the step differentiates.
  virtual Tensor loss(const Step& step, const Tensor& loss);
  /// When the parameters have their gradients: may change them.
  virtual void before_update();
  /// When the optimizer has changed the parameters: may change them too.
  virtual void after_update();
  /// After the last step on a task.
  virtual void end_task(const Task& task);

  /// All that is kept from one task to the next, copied: it goes on from there as if nothing had
  /// happened. Empty for a method that keeps nothing.
  virtual StateDict state_dict() const;
  /// Error for a state that is not of this method, or does not fit; then nothing has changed.
  void load_state_dict(const StateDict& state);
  /// Asks the reader for each entry of `state_dict`, and tells it what to set.
  virtual void read_state(StateReader& state);
  /// Memory that the state takes.
  std::int64_t state_bytes() const;
};

/// Several methods at once, such as replay and a penalty: each changes what the one before it left.
class Combination : public Method {
 public:
  /// Error when there is none, or a null.
  explicit Combination(std::vector<std::unique_ptr<Method>> methods);

  void begin_task(const Task& task) override;
  Tensor loss(const Step& step, const Tensor& loss) override;
  void before_update() override;
  void after_update() override;
  void end_task(const Task& task) override;
  /// The states of all, under the names 0.…, 1.…
  StateDict state_dict() const override;
  void read_state(StateReader& state) override;

 private:
  std::vector<std::unique_ptr<Method>> methods_;
};

/// One training step on a task: forward, the loss over the outputs that compete for it, what the
/// method makes of that, backward, update, and cleared gradients.
struct StepResult {
  Tensor logits;  ///< (B, all outputs), detached
  double loss;    ///< that was differentiated
};
StepResult train_step(const Network& network, Method& method, optim::Optimizer& optimizer,
                      const Task& task, const data::Batch& batch);

}  // namespace engram::continual
