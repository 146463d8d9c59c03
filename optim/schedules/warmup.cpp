#include <engram/optim/schedules/warmup.h>

namespace engram::optim {

LinearLR::operator Schedule() const {
  check(start_factor >= 0 && start_factor <= 1, "LinearLR: start_factor must be in [0, 1], got {}",
        start_factor);
  check(end_factor >= 0 && end_factor <= 1, "LinearLR: end_factor must be in [0, 1], got {}",
        end_factor);
  check(total_iters >= 0, "LinearLR: total_iters must be at least 0, got {}", total_iters);
  return {"LinearLR", [*this](double base_lr, std::int64_t t) {
            if (t >= total_iters) return base_lr * end_factor;
            const double done = static_cast<double>(t) / static_cast<double>(total_iters);
            return base_lr * (start_factor + (end_factor - start_factor) * done);
          }};
}

ConstantLR::operator Schedule() const {
  check(factor >= 0 && factor <= 1, "ConstantLR: factor must be in [0, 1], got {}", factor);
  check(total_iters >= 0, "ConstantLR: total_iters must be at least 0, got {}", total_iters);
  return {"ConstantLR", [*this](double base_lr, std::int64_t t) {
            return t < total_iters ? base_lr * factor : base_lr;
          }};
}

}  // namespace engram::optim
