#pragma once

#include <engram/optim/schedules/anneal.h>
#include <engram/optim/schedules/scheduler.h>

#include <cstdint>

namespace engram::optim {

/// Anneals the present rate to `swa_lr` in `anneal_epochs` steps, then keeps it constant: for the
/// epochs whose weights are averaged (AveragedParameters). As PyTorch's:
///
///     optim::LRScheduler scheduler(sgd, optim::CosineAnnealingLR{.T_max = 100});
///     optim::LRScheduler swa_scheduler(sgd, optim::SWALR{.swa_lr = 0.05});
///     ...
///     if (epoch < 75) scheduler.step(); else swa_scheduler.step();
///
/// `swa_scheduler` begins at the last rate of `scheduler`.
struct SWALR {
  double swa_lr = 0;                ///< above 0: must be given. (PyTorch takes a list, too.)
  std::int64_t anneal_epochs = 10;  ///< at least 0; 0 sets swa_lr at once
  Anneal anneal_strategy = Anneal::cos;

  operator Schedule() const;
};

}  // namespace engram::optim
