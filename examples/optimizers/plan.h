#pragma once

#include "optimizers/scale.h"
#include "optimizers/store.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

// The trainings that each part needs. Some depend on the outcome of others, and have the default
// rate until it is known.
namespace engram::examples::study {

/// A data set and a network.
struct Task {
  const char* dataset;
  const char* network;
  const char* title;  ///< "MNIST, MLP"
};
std::span<const Task> tasks();

/// One training for each rate.
std::vector<Setup> rate_setups(const Scale& scale, const Task& task, const std::string& optimizer);

/// The best rate of a sweep: the smallest whose validation accuracy, a mean over the seeds, is
/// within one standard error of the highest, to stay away from divergence. (The one-standard-error
/// rule: Breiman et al., "Classification and regression trees", 1984.) None while the sweep has no
/// record.
std::optional<double> best_rate(const Scale& scale, const TrainingStore& store, const Task& task,
                                const std::string& optimizer);

/// A curve at the best rate, or at the default one.
enum class Rate { best, standard };
Setup curve_setup(const Scale& scale, const TrainingStore& store, const Task& task,
                  const std::string& optimizer, Rate rate);

/// SGD with momentum at its best rate, over momenta; RMSProp at its best rate, over β.
std::vector<Setup> momentum_setups(const Scale& scale, const TrainingStore& store);
std::vector<Setup> alpha_setups(const Scale& scale, const TrainingStore& store);

/// The test accuracy at which the race ends.
constexpr double race_goal = 0.97;
/// The race to 97 % on MNIST; also for gradient descent, with SGD's best rate.
Setup price_setup(const Scale& scale, const TrainingStore& store, const std::string& optimizer);

/// DeepOBS's protocol, at its published rates; for sgd, momentum and adam.
Setup deepobs_setup(const Scale& scale, const std::string& optimizer);

/// The purpose of trainings: DeepOBS's curves; the sweeps over rates; the curves and the gap; the
/// sweeps over momenta and β; the race to 97 %.
enum class Part { deepobs, rates, curves, memory, race };

/// A part's trainings for one task, the most valuable first.
struct Stage {
  Part part;
  std::string name;
  std::vector<Setup> setups;
};
std::vector<Stage> all_stages(const Scale& scale, const TrainingStore& store);

/// The numbers of planned and of finished trainings.
struct Extent {
  int planned = 0, done = 0;
  double seconds = 0;  ///< in the steps of the finished ones
};
using Extents = std::map<Part, Extent>;
/// The extent of each part. A training used by several parts counts for the first of them.
Extents extents(const std::vector<Stage>& stages, const TrainingStore& store);

}  // namespace engram::examples::study
