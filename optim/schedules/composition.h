#pragma once

#include <engram/optim/schedules/scheduler.h>

#include <cstdint>
#include <vector>

namespace engram::optim {

/// Each schedule is applied to the rate that the one before it gives: factors multiply.
///
///     optim::LRScheduler scheduler(
///         sgd, optim::ChainedScheduler{{optim::LinearLR{}, optim::ExponentialLR{.gamma = 0.99}}});
///
/// PyTorch's chain agrees with it for schedules that multiply; a CosineAnnealingLR with eta_min, or
/// beyond its T_max, mixes up with the others there.
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
/// Each is applied to the rate that the group began with, and not to that at which the one before
/// has ended; as PyTorch's.
struct SequentialLR {
  std::vector<Schedule> schedules{};       ///< one more than milestones, each with a function
  std::vector<std::int64_t> milestones{};  ///< rising, from 1 on

  operator Schedule() const;
};

}  // namespace engram::optim
