#pragma once

#include "common/experiment.h"
#include "optimizers/plan.h"

#include <engram/experiment/report/report.h>

#include <filesystem>

namespace engram::examples::study {

/// The input of the report's parts, and the folder of their pictures.
struct Study {
  const Scale& scale;
  const TrainingStore& store;
  std::filesystem::path folder;
};

}  // namespace engram::examples::study
