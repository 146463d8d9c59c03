#include <engram/optim/spread_lr.h>

#include <cmath>

namespace engram::optim {

void spread_lr(Optimizer& optimizer, double first, double last) {
  check(first > 0 && std::isfinite(first) && last > 0 && std::isfinite(last),
        "spread_lr: rates must be finite and above 0, got {} and {}", first, last);
  const std::size_t groups = optimizer.group_count();
  for (std::size_t k = 0; k < groups; ++k) {
    // From the last on, so that a single group has its rate.
    const double share =
        k + 1 == groups ? 0 : static_cast<double>(groups - 1 - k) / static_cast<double>(groups - 1);
    optimizer.lr(k) = last * std::pow(first / last, share);
  }
}

}  // namespace engram::optim
