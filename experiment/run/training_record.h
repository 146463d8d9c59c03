#pragma once

#include <engram/experiment/run/evaluation.h>
#include <engram/experiment/run/results.h>

#include <string>
#include <vector>

namespace engram::experiment {

/// The part of results.json on a single training: test_accuracy and test_loss after the last epoch,
/// the number of `epochs`, and `history`, a list of them.
class TrainingRecord {
 public:
  /// Writes results.json for the untrained network.
  TrainingRecord(Results& results, const Evaluation& untrained);

  /// Adds an epoch and writes results.json.
  void add_epoch(double train_loss, double train_accuracy, const Evaluation& test);

  /// One row an epoch.
  void print_table() const;

 private:
  Results& results_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace engram::experiment
