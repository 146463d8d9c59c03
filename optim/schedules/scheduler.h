#pragma once

#include <engram/optim/optimizer.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace engram::optim {

/// The learning rate as a function of the rate that a group began with, and of the steps taken.
/// StepLR, CosineAnnealingLR and the others turn into one; so does any function:
///
///     optim::LRScheduler scheduler(
///         sgd, {"InverseRoot", [](double base_lr, std::int64_t step) {
///                 return base_lr / std::sqrt(1. + static_cast<double>(step));
///               }});
struct Schedule {
  std::string name;  ///< by which a saved state is recognised
  std::function<double(double base_lr, std::int64_t step)> lr;
  /// What the optimizer's momentum is meanwhile; by default it is left alone.
  std::function<double(std::int64_t step)> momentum{};
};

/// Lets the learning rates of an optimizer's groups follow a schedule:
///
///     optim::LRScheduler scheduler(adam, optim::CosineAnnealingLR{.T_max = 90});
///     for (int epoch = 0; epoch < 90; ++epoch) {
///       ...
///       scheduler.step();
///     }
///
/// As in PyTorch, the rates that the groups have when it is made are those that the schedule is
/// applied to, step 0 begins at once, and a step is what the program takes for one: an epoch or a
/// batch. Differences:
///
/// - Rates are computed from the number of steps, and not from the rates of the step before, so no
///   rounding error grows.
/// - A rate that was assigned between two steps, by the program or by another schedule of the same
///   optimizer, scales what follows: the rate that the group began with is multiplied as the
///   present one was. Where the schedule's rate is 0 or does not depend on that rate, as at the end
///   of SWALR, an assigned one lasts until the next step.
/// - A group that was added later joins at the next step, with its rate as what it began with.
///
/// The optimizer must outlive the scheduler.
class LRScheduler {
 public:
  /// Sets the rates of step 0. Error when the schedule is to set a momentum that the optimizer has
  /// not.
  LRScheduler(Optimizer& optimizer, Schedule schedule);

  /// Sets the rates of the next step. If the schedule throws, nothing has changed.
  void step();

  /// How often `step` was called.
  std::int64_t steps() const { return steps_; }

  /// The number of steps and the rates; the schedule itself is the program's.
  StateDict state_dict() const;

  /// Goes on from a saved state, bitwise, and sets the optimizer's rates (and momentum) to those of
  /// then. Error for the state of another kind of schedule or of another number of groups; then
  /// nothing has changed.
  void load_state_dict(const StateDict& state);

 private:
  struct Group {
    double base_lr;  // what the schedule is applied to
    double lr;       // what the optimizer was given
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
