#include <engram/autograd/state_reader.h>
#include <engram/optim/schedules/plateau.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace engram::optim {

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options)
    : optimizer_(&optimizer), options_(options) {
  const auto at_least_0 = [](const char* option, auto value) {
    check(value >= 0, "ReduceLROnPlateau: {} must be at least 0, got {}", option, value);
  };
  check(options.factor > 0 && options.factor < 1,
        "ReduceLROnPlateau: factor must be in (0, 1), got {}", options.factor);
  at_least_0("patience", options.patience);
  at_least_0("threshold", options.threshold);
  at_least_0("cooldown", options.cooldown);
  at_least_0("min_lr", options.min_lr);
  at_least_0("eps", options.eps);
  const double infinity = std::numeric_limits<double>::infinity();
  best_ = options.mode == PlateauMode::min ? infinity : -infinity;
}

bool ReduceLROnPlateau::is_better(double metric) const {
  const double sign = options_.mode == PlateauMode::min ? -1 : 1;
  const double bound = options_.threshold_mode == ThresholdMode::rel
                           ? best_ * (1 + sign * options_.threshold)
                           : best_ + sign * options_.threshold;
  return sign * metric > sign * bound;
}

void ReduceLROnPlateau::step(double metric) {
  ++bad_epochs_;
  if (is_better(metric)) {
    best_ = metric;
    bad_epochs_ = 0;
  }
  if (cooldown_ > 0) {
    --cooldown_;
    bad_epochs_ = 0;
  }
  if (bad_epochs_ <= options_.patience) return;
  for (std::size_t k = 0; k < optimizer_->group_count(); ++k) {
    double& lr = optimizer_->lr(k);
    const double reduced = std::max(lr * options_.factor, options_.min_lr);
    if (lr - reduced > options_.eps) lr = reduced;
  }
  cooldown_ = options_.cooldown;
  bad_epochs_ = 0;
}

StateDict ReduceLROnPlateau::state_dict() const {
  StateDict state;
  state.add_number("ReduceLROnPlateau.best", best_);
  state.add_number("num_bad_epochs", bad_epochs_);
  state.add_number("cooldown_counter", cooldown_);
  return state;
}

void ReduceLROnPlateau::load_state_dict(const StateDict& saved) {
  StateReader state(saved);
  const std::string best_key = "ReduceLROnPlateau.best";
  const auto best = state.number<double>(best_key);
  state.check(!std::isnan(best), best_key, "is {}", best);  // no metric would be better
  state.set(best_, best);
  state.set(bad_epochs_, state.count<std::int64_t>("num_bad_epochs"));
  state.set(cooldown_, state.count<std::int64_t>("cooldown_counter"));
  state.commit();
}

}  // namespace engram::optim
