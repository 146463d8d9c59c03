#pragma once

#include <engram/optim/schedules/scheduler.h>

#include <cstdint>

// Schedules for the first steps, with a constant rate afterwards. PyTorch's, in closed form.
namespace engram::optim {

/// Warm-up: η₀ times a factor that changes linearly from `start_factor` to `end_factor` in
/// `total_iters` steps.
struct LinearLR {
  double start_factor = 1. / 3;  ///< in [0, 1]; PyTorch cannot start at 0
  double end_factor = 1;         ///< in [0, 1]
  std::int64_t total_iters = 5;  ///< at least 0; 0 is no warm-up

  operator Schedule() const;
};

/// The rate is η₀·factor for `total_iters` steps, then η₀.
struct ConstantLR {
  double factor = 1. / 3;        ///< in [0, 1]
  std::int64_t total_iters = 5;  ///< at least 0

  operator Schedule() const;
};

}  // namespace engram::optim
