#pragma once

#include <engram/optim/optimizer.h>

#include <functional>
#include <optional>
#include <vector>

namespace engram::optim {

struct FindLROptions {
  double lr_min = 1e-7;    ///< the first rate, above 0
  double lr_max = 10;      ///< the last rate, above lr_min
  int steps = 100;         ///< at least 2
  double smoothing = 0.9;  ///< β of the average of the losses, in [0, 1)
  /// Stop when the smoothed loss exceeds this multiple of its minimum so far; above 1. No effect
  /// once the minimum is 0 or below, as with losses that can be negative.
  double divergence = 4;
};

/// The loss as a function of the rate, with one entry for each step.
struct LRCurve {
  std::vector<double> lr;
  std::vector<double> loss;
  std::vector<double> smoothed_loss;
  /// The rate of the steepest decrease of the smoothed loss over the logarithm of the rate, without
  /// the first tenth of the steps; nullopt if the loss never decreases.
  std::optional<double> suggestion{};
};

/// Learning-rate range test: Smith, "Cyclical learning rates for training neural networks", 2017.
/// The rate grows exponentially and the loss is smoothed, as in fastai, whose β of 0.98 lags fifty
/// steps behind.
///
///     const optim::LRCurve curve = optim::find_lr(adam, [&] {
///       const auto [x, y] = next_batch();
///       Tape tape;
///       const Tensor loss = cross_entropy(net(x), y);
///       tape.backward(loss);
///       adam.step();
///       adam.zero_grad();
///       return loss.item();
///     });
///     adam.lr() = curve.suggestion.value_or(1e-3);
///
/// Step i of n trains with the rate lr_min·(lr_max/lr_min)^(i/(n−1)) and returns the loss on its
/// batch before the update:
///
///     s ← βs + (1−β)·loss,   smoothed = s / (1 − βⁱ⁺¹)
///
/// The rate is that of the first group; the rates of other groups keep their ratio to it. The test
/// ends early, without an entry for the step, when the loss is not finite or the smoothed loss has
/// diverged.
///
/// Afterwards, also when a step throws, parameters and optimizer are restored, and gradients
/// cleared. Other effects of a step are not undone, such as the statistics of batch normalisation
/// or the random numbers drawn.
LRCurve find_lr(Optimizer& optimizer, const std::function<double()>& train_step,
                const FindLROptions& options = {});

}  // namespace engram::optim
