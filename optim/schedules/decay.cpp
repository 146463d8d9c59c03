#include <engram/optim/schedules/decay.h>

#include <algorithm>
#include <cmath>

namespace engram::optim {

StepLR::operator Schedule() const {
  check(step_size >= 1, "StepLR: step_size must be at least 1, got {}", step_size);
  check(gamma >= 0, "StepLR: gamma must be at least 0, got {}", gamma);
  return {"StepLR", [*this](double base_lr, std::int64_t t) {
            return base_lr * std::pow(gamma, static_cast<double>(t / step_size));
          }};
}

MultiStepLR::operator Schedule() const {
  check(gamma >= 0, "MultiStepLR: gamma must be at least 0, got {}", gamma);
  return {"MultiStepLR", [*this](double base_lr, std::int64_t t) {
            const auto passed =
                std::ranges::count_if(milestones, [t](std::int64_t m) { return m <= t; });
            return base_lr * std::pow(gamma, static_cast<double>(passed));
          }};
}

ExponentialLR::operator Schedule() const {
  check(gamma > 0, "ExponentialLR: gamma must be above 0, got {}", gamma);
  return {"ExponentialLR", [*this](double base_lr, std::int64_t t) {
            return base_lr * std::pow(gamma, static_cast<double>(t));
          }};
}

PolynomialLR::operator Schedule() const {
  check(total_iters >= 1, "PolynomialLR: total_iters must be at least 1, got {}", total_iters);
  check(power > 0, "PolynomialLR: power must be above 0, got {}", power);
  return {"PolynomialLR", [*this](double base_lr, std::int64_t t) {
            const double left = 1 - static_cast<double>(std::min(t, total_iters)) /
                                        static_cast<double>(total_iters);
            return base_lr * std::pow(left, power);
          }};
}

}  // namespace engram::optim
