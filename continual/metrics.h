#pragma once

#include <vector>

namespace engram::continual {

/// Row i, column j: the test accuracy on task j after task i was learned.
using AccuracyMatrix = std::vector<std::vector<double>>;

/// What is left of a sequence of T tasks. Those that compare tasks are NaN for T = 1.
struct Metrics {
  double acc;  ///< average accuracy over all tasks at the end
  double bwt;  ///< backward transfer: change since a task was learned, negative if forgotten
  double fwt;  ///< forward transfer: accuracy before learning, above the untrained network's
  double
      forgetting;   ///< fall from the best accuracy that a task had before the last one: a maximum
  double learning;  ///< learning accuracy: average over the tasks when each was just learned
};

/// From the rows of `matrix` learned so far, each with the accuracy on every task of the sequence,
/// and the accuracies `baseline` of the network before training. Of a sequence that is under way,
/// the metrics are those of its learned part. Error when there is no row, or a row is shorter than
/// the number of rows.
///
/// ACC, BWT, FWT: Lopez-Paz and Ranzato, "Gradient Episodic Memory for Continual Learning", 2017.
/// Learning accuracy: Riemer et al., "Learning to Learn without Forgetting", 2019.
/// Forgetting: Chaudhry et al., "Riemannian Walk for Incremental Learning", 2018.
Metrics metrics_of(const AccuracyMatrix& matrix, const std::vector<double>& baseline);

}  // namespace engram::continual
