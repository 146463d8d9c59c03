#include <engram/optim/spread_lr.h>

#include <cmath>

namespace engram::optim {

void spread_lr(Optimizer& optimizer, double first, double last) {
  check(first > 0 && std::isfinite(first) && last > 0 && std::isfinite(last),
        "spread_lr: rates must be finite and above 0, got {} and {}", first, last);
  const std::size_t groups = optimizer.group_count();
  for (std::size_t k = 0; k < groups; ++k) {
    const double share = groups == 1 ? 1 : static_cast<double>(k) / static_cast<double>(groups - 1);
    optimizer.lr(k) = std::pow(first, 1 - share) * std::pow(last, share);
  }
}

}  // namespace engram::optim
