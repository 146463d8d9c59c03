#pragma once

#include "common/json_lines.h"
#include "continual/setup.h"

#include <engram/continual/metrics.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace engram::examples::runs {

/// What came of a run, or what there is of it after some of its tasks.
struct Outcome {
  std::vector<double> baseline;                ///< accuracy on each task before training
  continual::AccuracyMatrix matrix;            ///< a row for each task learned
  double seconds = 0;                          ///< of training and evaluation
  std::optional<std::int64_t> memory_bytes{};  ///< that the method keeps; none for joint training
  std::optional<std::int64_t> diverged{};  ///< the step on which the loss was no number any more

  /// Of the tasks learned so far. NaN for a run that diverged, and where they are not defined.
  continual::Metrics metrics() const;
};

Json to_json(const Outcome& outcome);
/// Json::exception when it is none.
Outcome outcome_from_json(const Json& json);

/// The runs that are done, in a file with one of them a line, which has a checksum: what is not as
/// it was written is not trusted. Several processes may add to one file.
class Store {
 public:
  explicit Store(const std::filesystem::path& file);

  /// What came of the run with exactly this setup, or null.
  const Outcome* find(const Setup& setup) const;
  void add(const Setup& setup, const Outcome& outcome);

  int damaged() const { return damaged_; }  ///< lines that are not trusted

 private:
  JsonLines file_;
  std::map<std::string, Outcome> outcomes_;  // of a setup, as text
  int damaged_ = 0;
};

}  // namespace engram::examples::runs
