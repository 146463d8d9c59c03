#pragma once

#include "common/experiment.h"
#include "optimizers/plan.h"

#include <engram/experiment/report/report.h>

#include <filesystem>

namespace engram::examples::study {

/// What the parts of the report are made from, and where their pictures go.
struct Study {
  const Scale& scale;
  const TrainingStore& store;
  std::filesystem::path folder;
};

}  // namespace engram::examples::study
