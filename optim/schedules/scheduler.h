#pragma once

#include <engram/optim/optimizer.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace engram::optim {

/// The learning rate as a function of a group's initial rate and the number of steps. StepLR,
/// CosineAnnealingLR and the others convert to a Schedule; so does any function:
///
///     optim::LRScheduler scheduler(
///         sgd, {"InverseRoot", [](double base_lr, std::int64_t step) {
///                 return base_lr / std::sqrt(1. + static_cast<double>(step));
///               }});
struct Schedule {
  std::string name;  ///< identifies the schedule in a saved state
  std::function<double(double base_lr, std::int64_t step)> lr;
  /// The optimizer's momentum at a step; by default the momentum is not changed.
  std::function<double(std::int64_t step)> momentum{};
};

/// Sets the learning rates of an optimizer's groups by a schedule:
///
///     optim::LRScheduler scheduler(adam, optim::CosineAnnealingLR{.T_max = 90});
///     for (int epoch = 0; epoch < 90; ++epoch) {
///       ...
///       scheduler.step();
///     }
///
/// As in PyTorch, the schedule is applied to the rates of the groups at construction, step 0 takes
/// effect at once, and a step is an epoch or a batch, as the program chooses. Differences:
///
/// - Rates are computed from the number of steps, not from the rates of the previous step, so no
///   rounding error accumulates.
/// - A rate that was assigned between two steps, by the program or by another schedule of the same
///   optimizer, scales the following rates: the group's initial rate is multiplied by the same
///   factor as the present one. Where the schedule's rate is 0 or does not depend on the initial
///   rate, as at the end of SWALR, an assigned rate lasts until the next step.
/// - A group that was added later joins at the next step, with its rate then as its initial rate.
///
/// The optimizer must outlive the scheduler.
class LRScheduler {
 public:
  /// Sets the rates of step 0. Error when the schedule sets a momentum, and the optimizer has none.
  LRScheduler(Optimizer& optimizer, Schedule schedule);

  /// Sets the rates of the next step. If the schedule throws, nothing has changed.
  void step();

  /// How often `step` was called.
  std::int64_t steps() const { return steps_; }

  /// The number of steps and the rates; the schedule itself is not saved.
  StateDict state_dict() const;

  /// Restores a saved state, bitwise, and sets the optimizer's rates (and momentum) accordingly.
  /// Error for the state of another kind of schedule or of another number of groups; nothing is
  /// then changed.
  void load_state_dict(const StateDict& state);

 private:
  struct Group {
    double base_lr;  // initial rate: the schedule's argument
    double lr;       // rate last set in the optimizer
  };

  std::vector<Group> present() const;
  void set(std::int64_t steps, std::vector<Group> groups);
  std::string steps_key() const { return schedule_.name + ".steps"; }

  Optimizer* optimizer_;
  Schedule schedule_;
  std::int64_t steps_ = 0;
  std::vector<Group> groups_;
};

}  // namespace engram::optim
