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
  /// If set, in place of `capacity`: this many samples of each class of each task.
  std::optional<std::int64_t> per_class{};
  std::int64_t batch = 128;  ///< samples of the reference gradient
  std::uint64_t seed = 0;
};

/// Averaged gradient episodic memory: to first order, a step must not raise the mean loss over
/// samples of earlier tasks. With the gradient g of the step, and g_ref of the mean cross entropy
/// of samples from the memory, each over all parameters as one vector,
///
///     g ← g − (g·g_ref)/(g_ref·g_ref) g_ref   where g·g_ref < 0
///
/// Chaudhry et al., "Efficient lifelong learning with A-GEM", 2019 (arXiv 1812.00420). The cross
/// entropy of a replayed sample is over its own active classes (continual::active_outputs).
///
/// As there, each step draws new samples, from earlier tasks alone, and the network keeps its mode
/// for them, dropout included. Unlike there, the default is a memory of constant capacity, filled
/// like ExperienceReplay's; `per_class` gives the paper's, a fixed number of samples of each class
/// of each task.
///
/// The projected gradient is that of the whole loss, with the terms of other methods.
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

/// Projects the gradients of the parameters, as one vector g, by the formula above, in place.
/// `reference` has a gradient for each parameter; an undefined gradient or reference stands for
/// zeros. Returns whether the gradients changed. Error, ShapeError and DTypeError when the
/// references are not those of the parameters.
bool project_gradient(const std::vector<Tensor>& parameters, const std::vector<Tensor>& reference);

}  // namespace engram::continual
