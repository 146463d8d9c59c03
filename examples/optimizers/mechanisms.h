#pragma once

#include "optimizers/study.h"
#include "optimizers/training.h"

#include <vector>

namespace engram::examples::study {

/// One parameter of a network during training: its gradient and its update at each step.
struct Trace {
  std::vector<double> gradients;
  std::vector<double> moves;  ///< Δw
};

/// η / (√Σg² + ε) after each gradient: Adagrad's effective rate.
std::vector<double> summed_rate(const std::vector<double>& gradients, double lr);
/// η / (√A + ε) with the moving average A ← βA + (1−β)g²: RMSProp's effective rate.
std::vector<double> averaged_rate(const std::vector<double>& gradients, double lr, double beta);

/// Adam's effective rate and update, computed from the gradients.
struct AdamTrace {
  std::vector<double> rate;  ///< η / (√v̂ + ε)
  std::vector<double> move;  ///< |Δw| / η
};
AdamTrace adam_trace(const std::vector<double>& gradients, double lr, bool corrected);

struct MechanismFigures {
  double adagrad_lr = 0, adam_lr = 0;
  Trace adagrad{}, adam{};
  std::vector<double> summed{}, averaged{};  ///< effective rates for Adagrad's gradients
  AdamTrace corrected{}, uncorrected{};
  double sum_left = 0;      ///< the rate at the end (mean of the last tenth) over the first step's
  double average_left = 0;  ///< the same with a moving average in place of the sum
  double rate_spread = 0;   ///< Adagrad's rates at the end: the 90th over the 10th percentile
};
/// Trains the MLP on MNIST once with Adagrad and once with Adam, at their best rates, and traces
/// the first bias of the last layer.
MechanismFigures measure_mechanisms(const Study& study, Images& images);

/// Part 6: Adagrad's fading rate and Adam's bias correction.
Section mechanisms_section(const Study& study, const MechanismFigures& figures);

}  // namespace engram::examples::study
