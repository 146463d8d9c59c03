#pragma once

#include "optimizers/statistics.h"
#include "optimizers/study.h"

#include <string>
#include <vector>

namespace engram::examples::study {

/// Test accuracy over one hyperparameter, which rises.
struct Sweep {
  std::string optimizer;
  std::vector<double> x;
  std::vector<Estimate> accuracy;
};

/// Of those setups, which differ in `value` alone; values without a record are left out.
Sweep measure_sweep(const Study& study, const std::vector<Setup>& setups,
                    double Hyperparameters::*value);

/// A rate works when its accuracy is within a point of the best.
constexpr double valley_depth = 0.01;

/// Where a sweep over rates stays that close to its best.
struct Valley {
  double best = 0;    ///< the rate
  Estimate accuracy;  ///< there
  double decades = 0;
  bool open = false;  ///< reaches the end of the sweep: it may be wider
};
/// Between the rates that were tried the accuracy is taken as linear in the rate's logarithm.
Valley valley_of(const Sweep& sweep);

struct RateFigures {
  struct Of {
    Task task;
    std::vector<Sweep> sweeps;  ///< of the batch contenders, in their order
  };
  std::vector<Of> tasks;
  Sweep momentum, alpha;  ///< on MNIST with the MLP
};
RateFigures measure_rates(const Study& study);

/// Part 3: how wide is the valley of rates that work?
Section rates_section(const Study& study, const RateFigures& figures);

}  // namespace engram::examples::study
