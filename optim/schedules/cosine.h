#pragma once

#include <engram/optim/schedules/scheduler.h>

#include <cstdint>

namespace engram::optim {

/// Falls along half a cosine to `eta_min` in `T_max` steps:
///
///     η_min + ½(η₀ − η_min)(1 + cos(πt / T_max))
///
/// and rises again after T_max steps, as PyTorch's. SGDR without restarts: Loshchilov & Hutter,
/// "SGDR: stochastic gradient descent with warm restarts", 2017.
struct CosineAnnealingLR {
  std::int64_t T_max = 0;  ///< at least 1: must be given
  double eta_min = 0;      ///< η_min

  operator Schedule() const;
};

/// The same cosine in `T_0` steps, then restarts at η₀ with T_mult·T_0 steps, and so on: SGDR, as
/// PyTorch's.
struct CosineAnnealingWarmRestarts {
  std::int64_t T_0 = 0;     ///< at least 1: must be given
  std::int64_t T_mult = 1;  ///< ratio of the lengths of successive descents; at least 1
  double eta_min = 0;       ///< η_min

  operator Schedule() const;
};

}  // namespace engram::optim
