#pragma once

#include <engram/optim/schedules/scheduler.h>

#include <cstdint>
#include <vector>

namespace engram::optim {

/// Applies each schedule to the rate of the previous one: factors multiply.
///
///     optim::LRScheduler scheduler(
///         sgd, optim::ChainedScheduler{{optim::LinearLR{}, optim::ExponentialLR{.gamma = 0.99}}});
///
/// PyTorch's chain agrees for multiplicative schedules; a CosineAnnealingLR with eta_min, or beyond
/// its T_max, interferes with the other schedules there.
struct ChainedScheduler {
  std::vector<Schedule> schedules{};  ///< at least one, each with a function

  operator Schedule() const;
};

/// One schedule after the other: `schedules[k]` begins at step `milestones[k − 1]` with its step 0.
///
///     optim::LRScheduler scheduler(
///         sgd, optim::SequentialLR{.schedules = {optim::LinearLR{.total_iters = 5},
///                                                optim::CosineAnnealingLR{.T_max = 85}},
///                                  .milestones = {5}});
///
/// Each is applied to the group's initial rate, not to the last rate of the previous schedule; as
/// PyTorch's.
struct SequentialLR {
  std::vector<Schedule> schedules{};       ///< one more than milestones, each with a function
  std::vector<std::int64_t> milestones{};  ///< ascending, at least 1

  operator Schedule() const;
};

}  // namespace engram::optim
