#pragma once

#include <engram/optim/schedules/anneal.h>
#include <engram/optim/schedules/scheduler.h>

#include <cstdint>
#include <optional>

namespace engram::optim {

/// One cycle over the whole training, with a step for each batch: the rate rises to its maximum and
/// falls to nearly 0, while the momentum falls and rises. Smith & Topin, "Super-convergence", 2018;
/// as PyTorch's, whose two phases are fastai's.
///
///     max_lr / div_factor  →  max_lr  →  max_lr / div_factor / final_div_factor
///
/// With `three_phase` the rate returns to max_lr / div_factor first, as fast as it rose. A step
/// beyond `total_steps` is an Error; at step `total_steps`, one past the last of a training, the
/// last rate stays, where PyTorch extrapolates.
struct OneCycleLR {
  /// Of all groups; by default each group's initial rate. (PyTorch takes a list.)
  std::optional<double> max_lr{};
  std::int64_t total_steps = 0;  ///< at least 1: must be given
  double pct_start = 0.3;        ///< fraction of the steps with a rising rate
  Anneal anneal_strategy = Anneal::cos;
  bool cycle_momentum = true;   ///< needs an optimizer with momentum
  double base_momentum = 0.85;  ///< at the largest rate
  double max_momentum = 0.95;   ///< at both ends
  double div_factor = 25;
  double final_div_factor = 1e4;
  bool three_phase = false;

  operator Schedule() const;
};

}  // namespace engram::optim
