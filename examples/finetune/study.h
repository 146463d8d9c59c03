#pragma once

#include "finetune/report.h"

#include <engram/experiment/store/store.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace engram::examples::finetuning {

/// The comparison.
struct Plan {
  std::vector<std::string> families = all_families, targets = all_targets, ways = all_ways;
  std::vector<std::int64_t> images{10, 50, 200, 1000};
  int seeds = 5;
  std::int64_t steps = 200;
  /// Learning rates, of which each way gets the best on validation images.
  std::vector<double> rates{1e-4, 3e-4, 1e-3, 3e-3, 1e-2};
  Pretraining pretraining{};
  std::filesystem::path weights{};  ///< of a pretrained network; by default networks are pretrained
};

Json to_json(const Plan& plan);

/// The trainings of a plan, in runs.db of a folder, with the pretrained weights beside it.
class Study {
 public:
  /// Error when a data set is missing.
  Study(const Plan& plan, const std::filesystem::path& folder, const std::filesystem::path& data);

  /// Runs the remaining trainings, with a progress line. Throws Interrupted on Ctrl-C.
  void run();

  /// All planned trainings, with the outcomes of the finished ones.
  std::vector<Trained> trainings();
  /// Accuracy of each pretrained family on new customers.
  std::vector<std::pair<std::string, double>> accuracies() const;

 private:
  class Status;
  double cost_of_pretraining() const;
  std::vector<Setup> setups(const std::string& family);
  std::vector<Setup> candidates() const;
  double chosen_rate(const Setup& setup, const std::vector<Setup>& tried);
  std::string hash_of_weights(const std::string& family) const;
  Run run_of(const Setup& setup);
  void load_or_pretrain(const std::string& family, Status& status);
  void fine_tune_once(const Setup& setup, Status& status);

  Plan plan_;
  std::filesystem::path folder_;
  Images images_;
  Store store_;
  std::map<std::string, Pretrained> pretrained_;
};

}  // namespace engram::examples::finetuning
