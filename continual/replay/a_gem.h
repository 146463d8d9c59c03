#pragma once

#include <engram/autograd/random.h>
#include <engram/continual/method.h>
#include <engram/continual/replay/reservoir.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace engram::continual {

struct AGEMOptions {
  std::int64_t capacity = 1000;  ///< samples in memory, of all tasks together
  /// Set, the memory grows instead by this many samples of each class of each task.
  std::optional<std::int64_t> per_class{};
  std::int64_t batch = 128;  ///< samples that the reference gradient is taken over
  std::uint64_t seed = 0;
};

/// Averaged gradient episodic memory: a step must not raise the loss of earlier tasks, to first
/// order and on average over samples of theirs. With the gradient g of the step and g_ref of the
/// mean cross entropy of samples out of the memory, each over all parameters as one vector,
///
///     g ← g − (g·g_ref)/(g_ref·g_ref) g_ref   where g·g_ref < 0
///
/// Chaudhry et al., "Efficient lifelong learning with A-GEM", 2019 (arXiv 1812.00420). A replayed
/// sample competes among the outputs that are right for it (continual::active_outputs).
///
/// As there, samples are drawn anew for each step, from the earlier tasks alone, and the network
/// sees them in the mode that it is in, dropout and all. Unlike there, the default is a memory of
/// constant size, filled as ExperienceReplay's; `per_class` gives the paper's, a fixed number of
/// each class of each task.
///
/// The gradient that is projected is that of the whole loss, with what other methods added to it.
class AGEM : public Method {
 public:
  /// Error for options out of range.
  explicit AGEM(Network network, const AGEMOptions& options = {});

  void begin_task(const Task& task) override;
  void before_update() override;
  void end_task(const Task& task) override;
  StateDict state_dict() const override { return memory_.state_dict(); }
  void read_state(StateReader& state) override { memory_.read_state(state); }

  const Reservoir& memory() const { return memory_; }

 private:
  std::vector<Tensor> reference_gradient();

  Network network_;
  AGEMOptions options_;
  Reservoir memory_;
  Generator generator_;  // of the samples for the reference gradient
  Scenario scenario_{};  // of the running task
  Outputs outputs_;
};

/// Takes out of the gradients of the parameters, as one vector, what points against `reference`, a
/// gradient for each: g as above, in place. An undefined gradient or reference stands for zeros.
/// Returns whether there was something to take out. Error, ShapeError and DTypeError when the
/// references are not those of the parameters.
bool project_gradient(const std::vector<Tensor>& parameters, const std::vector<Tensor>& reference);

}  // namespace engram::continual
