#pragma once

#include <engram/continual/metrics.h>
#include <engram/experiment/run/results.h>

#include <string>
#include <utility>
#include <vector>

namespace engram::experiment {

/// The results of one method of continual learning, task by task.
struct MethodRecord {
  MethodRecord(std::string name_, Json options_)
      : name(std::move(name_)), options(std::move(options_)) {}

  /// Metrics of the tasks learned so far; NaN where not defined yet.
  continual::Metrics metrics() const;

  std::string name;
  Json options;                      ///< of the method, such as lambda
  std::vector<double> baseline;      ///< accuracy on each task before training
  continual::AccuracyMatrix matrix;  ///< a row for each task learned
  double seconds = 0;                ///< of training and evaluation
};

/// The list `methods` in results.json: {name, acc, bwt, fwt, forgetting, learning_accuracy, matrix,
/// baseline, seconds, options}, accuracies in 0 to 1; null for a metric that is not defined yet.
Json to_json(const std::vector<MethodRecord>& methods);

/// Prints a row for each method: ACC, BWT, FWT, forgetting, learning accuracy, seconds.
void print_table(const std::vector<MethodRecord>& methods);

}  // namespace engram::experiment
