#pragma once

#include <engram/optim/schedules/anneal.h>
#include <engram/optim/schedules/scheduler.h>

#include <cstdint>
#include <optional>

namespace engram::optim {

/// One cycle over the whole training, a step for each batch: up to the largest rate, down to almost
/// nothing, while the momentum goes the other way. Smith & Topin, "Super-convergence", 2018; as
/// PyTorch's, whose two phases are fastai's.
///
///     max_lr / div_factor  →  max_lr  →  max_lr / div_factor / final_div_factor
///
/// With `three_phase` it returns to max_lr / div_factor first, as fast as it rose. A step beyond
/// `total_steps` is an Error; at it, one past the last of a training, the last rate stays, where
/// PyTorch goes beyond it.
struct OneCycleLR {
  /// Of all groups; by default each group's is the rate that it began with. (PyTorch takes a list.)
  std::optional<double> max_lr{};
  std::int64_t total_steps = 0;  ///< at least 1: must be given
  double pct_start = 0.3;        ///< the share of the steps in which the rate rises
  Anneal anneal_strategy = Anneal::cos;
  bool cycle_momentum = true;   ///< else any optimizer will do, also one without momentum
  double base_momentum = 0.85;  ///< at the largest rate
  double max_momentum = 0.95;   ///< at both ends
  double div_factor = 25;
  double final_div_factor = 1e4;
  bool three_phase = false;

  operator Schedule() const;
};

}  // namespace engram::optim
