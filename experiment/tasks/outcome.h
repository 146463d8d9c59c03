#pragma once

#include <engram/continual/metrics.h>
#include <engram/experiment/json.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace engram::experiment {

/// The results of learning a sequence of tasks, or of the part learned so far.
struct Outcome {
  std::vector<double> baseline{};              ///< accuracy on each task before training, 0 to 1
  continual::AccuracyMatrix matrix{};          ///< a row for each task learned
  double seconds = 0;                          ///< of training and evaluation
  std::optional<std::int64_t> memory_bytes{};  ///< kept by the method; none for joint training
  std::optional<std::int64_t> diverged{};      ///< the step at which the loss was not finite

  /// Metrics of the tasks learned so far. NaN for a run that diverged, and where not defined.
  continual::Metrics metrics() const;
};

Json to_json(const Outcome& outcome);
/// Json::exception for JSON of another form.
Outcome outcome_from_json(const Json& json);

}  // namespace engram::experiment
