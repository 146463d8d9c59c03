#pragma once

#include "optimizers/statistics.h"
#include "optimizers/study.h"

#include <string>
#include <vector>

namespace engram::examples::study {

/// Test accuracy over one hyperparameter, in ascending order.
struct Sweep {
  std::string optimizer;
  std::vector<double> x;
  std::vector<Estimate> accuracy;
};

/// The sweep of setups that differ in `value` alone; values without a record are left out.
Sweep measure_sweep(const Study& study, const std::vector<Setup>& setups,
                    double Hyperparameters::*value);

/// A rate works if its accuracy is within this of the best: one percentage point.
constexpr double valley_depth = 0.01;

/// The range of working rates around the best one of a sweep.
struct Valley {
  double best = 0;    ///< the best rate
  Estimate accuracy;  ///< at the best rate
  double decades = 0;
  bool open = false;  ///< reaches the end of the sweep: it may be wider
};
/// Between the rates of the sweep the accuracy is interpolated, linearly in the rate's logarithm.
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
