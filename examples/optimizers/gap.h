#pragma once

#include "optimizers/statistics.h"
#include "optimizers/study.h"

#include <string>
#include <vector>

namespace engram::examples::study {

/// What each optimizer is worth on test images at the moment when its training loss is the same,
/// for a data set and the MLP.
struct Gap {
  Task task;
  double train_loss = 0;  ///< the lowest that every run came to
  struct Of {
    std::string optimizer;
    Estimate accuracy;  ///< on test images
    Estimate gap;       ///< test loss minus training loss
  };
  std::vector<Of> contenders;
};
/// Of each contender's records, in the order of their names.
Gap gap_of(const Task& task, const std::vector<std::vector<const Record*>>& records);

std::vector<Gap> measure_gaps(const Study& study);

/// Part 5.
Section gap_section(const Study& study, const std::vector<Gap>& gaps);

}  // namespace engram::examples::study
