#include <engram/autograd/ops/copy.h>
#include <engram/optim/find_lr.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace engram::optim {
namespace {

void check_options(const FindLROptions& options) {
  check(options.lr_min > 0, "find_lr: lr_min must be above 0, got {}", options.lr_min);
  check(options.lr_max > options.lr_min, "find_lr: lr_max must be above lr_min, got {} and {}",
        options.lr_max, options.lr_min);
  check(std::isfinite(options.lr_max), "find_lr: lr_max must be finite, got {}", options.lr_max);
  check(options.steps >= 2, "find_lr: steps must be at least 2, got {}", options.steps);
  check(options.smoothing >= 0 && options.smoothing < 1,
        "find_lr: smoothing must be in [0, 1), got {}", options.smoothing);
  check(options.divergence > 1, "find_lr: divergence must be above 1, got {}", options.divergence);
}

/// The rate of the largest decrease of the smoothed loss between the two neighbouring steps: rates
/// grow by a constant factor, so steps are equidistant in log lr. Steps before `first` are ignored.
std::optional<double> steepest_descent(const LRCurve& curve, std::size_t first) {
  std::optional<double> suggestion;
  double steepest = 0;
  for (std::size_t i = first + 1; i + 1 < curve.lr.size(); ++i) {
    const double slope = curve.smoothed_loss[i + 1] - curve.smoothed_loss[i - 1];
    if (slope < steepest) {
      steepest = slope;
      suggestion = curve.lr[i];
    }
  }
  return suggestion;
}

LRCurve run(Optimizer& optimizer, const std::function<double()>& train_step,
            const FindLROptions& options) {
  std::vector<double> proportions;
  for (std::size_t k = 0; k < optimizer.group_count(); ++k) {
    proportions.push_back(optimizer.lr(k) / optimizer.lr(0));
  }
  LRCurve curve;
  const double beta = options.smoothing;
  double sum = 0, weight = 0, least = std::numeric_limits<double>::infinity();
  for (int step = 0; step < options.steps; ++step) {
    const double lr = options.lr_min * std::pow(options.lr_max / options.lr_min,
                                                static_cast<double>(step) / (options.steps - 1));
    for (std::size_t k = 0; k < proportions.size(); ++k) optimizer.lr(k) = lr * proportions[k];
    const double loss = train_step();
    sum = beta * sum + (1 - beta) * loss;
    weight = beta * weight + (1 - beta);
    const double smoothed = sum / weight;
    const bool diverged = least > 0 && smoothed > options.divergence * least;
    if (!std::isfinite(loss) || diverged) break;
    least = std::min(least, smoothed);
    curve.lr.push_back(lr);
    curve.loss.push_back(loss);
    curve.smoothed_loss.push_back(smoothed);
  }
  curve.suggestion = steepest_descent(curve, static_cast<std::size_t>(options.steps / 10));
  return curve;
}

}  // namespace

LRCurve find_lr(Optimizer& optimizer, const std::function<double()>& train_step,
                const FindLROptions& options) {
  check_options(options);
  check(optimizer.lr() > 0, "find_lr: the rate of the first group must be above 0, got {}",
        optimizer.lr());
  const StateDict state = optimizer.state_dict();
  const std::vector<Tensor> parameters = optimizer.parameters();
  std::vector<Tensor> values;
  for (const Tensor& parameter : parameters) values.push_back(clone(detach(parameter)));

  const auto restore = [&] {
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      std::ranges::copy(values[k].bytes(), parameters[k].mutable_bytes().begin());
    }
    optimizer.load_state_dict(state);
    optimizer.zero_grad();
  };
  try {
    LRCurve curve = run(optimizer, train_step, options);
    restore();
    return curve;
  } catch (...) {
    restore();
    throw;
  }
}

}  // namespace engram::optim
