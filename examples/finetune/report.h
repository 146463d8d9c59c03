#pragma once

#include "finetune/training.h"

#include <engram/experiment/report/report.h>
#include <engram/experiment/store/store.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace engram::examples::finetuning {

/// A planned training, with its outcome if it is finished.
struct Trained {
  Setup setup;
  std::optional<Outcome> outcome{};
};

/// Setup and outcome of each finished training, for results.json.
Json to_json(const std::vector<Trained>& trainings);

/// The tables and pictures of the finished trainings. `pretrained`: accuracy of each family on new
/// customers. Draws accuracy.png and .svg into the folder.
Report make_report(const std::vector<Trained>& trainings,
                   const std::vector<std::pair<std::string, double>>& pretrained,
                   const std::string& command, const std::filesystem::path& folder);

/// A mean of paired differences with the ends of its 95 % confidence interval, by Student's t; NaN
/// for less than two pairs.
struct Paired {
  double mean, low, high;
  int count;
};
Paired paired_difference(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace engram::examples::finetuning
