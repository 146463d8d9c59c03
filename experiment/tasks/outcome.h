#pragma once

#include <engram/continual/metrics.h>
#include <engram/experiment/json.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace engram::experiment {

/// What came of learning a sequence of tasks, or what there is of it after some of them.
struct Outcome {
  std::vector<double> baseline{};              ///< accuracy on each task before training, 0 to 1
  continual::AccuracyMatrix matrix{};          ///< a row for each task learned
  double seconds = 0;                          ///< of training and evaluation
  std::optional<std::int64_t> memory_bytes{};  ///< that the method keeps; none for joint training
  std::optional<std::int64_t> diverged{};  ///< the step on which the loss was no number any more

  /// Of the tasks learned so far. NaN for a run that diverged, and where they are not defined.
  continual::Metrics metrics() const;
};

Json to_json(const Outcome& outcome);
/// Json::exception when it is none.
Outcome outcome_from_json(const Json& json);

}  // namespace engram::experiment
