#pragma once

#include <vector>

namespace engram::continual {

/// Row i, column j: the test accuracy on task j after task i was learned.
using AccuracyMatrix = std::vector<std::vector<double>>;

/// Metrics after a sequence of T tasks. For T = 1, bwt, fwt and forgetting are NaN.
struct Metrics {
  double acc;         ///< average accuracy over all tasks at the end
  double bwt;         ///< backward transfer: change since a task was learned; negative: forgetting
  double fwt;         ///< forward transfer: accuracy before learning, above the untrained network's
  double forgetting;  ///< fall from a task's best accuracy after any task but the last
  double learning;    ///< learning accuracy: average over the tasks when each was just learned
};

/// `matrix` has a row for each task learned so far, with the accuracies on every task of the
/// sequence; `baseline` has the accuracies of the untrained network. Of an unfinished sequence, the
/// metrics are over the learned tasks. Error for no row, and for a row or baseline shorter than the
/// number of rows.
///
/// ACC, BWT, FWT: Lopez-Paz and Ranzato, "Gradient Episodic Memory for Continual Learning", 2017.
/// Learning accuracy: Riemer et al., "Learning to Learn without Forgetting", 2019.
/// Forgetting: Chaudhry et al., "Riemannian Walk for Incremental Learning", 2018.
Metrics metrics_of(const AccuracyMatrix& matrix, const std::vector<double>& baseline);

}  // namespace engram::continual
