#pragma once

#include <engram/optim/schedules/scheduler.h>

#include <cstdint>
#include <vector>

// Monotonic schedules: decreasing, or with γ > 1 increasing. t is the number of steps, η₀ a group's
// initial rate. PyTorch's, in closed form.
namespace engram::optim {

/// Multiplies the rate by γ every `step_size` steps: η₀ γ^⌊t / step_size⌋.
struct StepLR {
  std::int64_t step_size = 0;  ///< at least 1: must be given
  double gamma = 0.1;          ///< γ, at least 0

  operator Schedule() const;
};

/// Multiplies the rate by γ at each milestone: η₀ γ^(number of milestones ≤ t). A repeated
/// milestone counts repeatedly.
struct MultiStepLR {
  std::vector<std::int64_t> milestones{};
  double gamma = 0.1;  ///< γ, at least 0

  operator Schedule() const;
};

/// Multiplies the rate by γ at every step: η₀ γᵗ.
struct ExponentialLR {
  double gamma = 0;  ///< γ, above 0: must be given

  operator Schedule() const;
};

/// Falls to 0 in n = `total_iters` steps, and stays there: η₀ (1 − min(t, n)/n)^power.
struct PolynomialLR {
  std::int64_t total_iters = 5;  ///< at least 1
  double power = 1;              ///< above 0

  operator Schedule() const;
};

}  // namespace engram::optim
