#pragma once

#include "optimizers/statistics.h"
#include "optimizers/study.h"

#include <string>
#include <vector>

namespace engram::examples::study {

/// The test accuracy and generalisation gap of each optimizer at equal training loss, for a data
/// set and the MLP.
struct Gap {
  Task task;
  double train_loss = 0;  ///< the lowest reached by every run
  struct Of {
    std::string optimizer;
    Estimate accuracy;  ///< on test images
    Estimate gap;       ///< test loss minus training loss
  };
  std::vector<Of> contenders;
};
/// The gap from each contender's records, one list a contender.
Gap gap_of(const Task& task, const std::vector<std::vector<const Record*>>& records);

std::vector<Gap> measure_gaps(const Study& study);

/// Part 5.
Section gap_section(const Study& study, const std::vector<Gap>& gaps);

}  // namespace engram::examples::study
