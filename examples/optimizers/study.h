#pragma once

#include "optimizers/plan.h"
#include "optimizers/report.h"

#include <filesystem>

namespace engram::examples::study {

/// What the parts of the report are made from, and where their pictures go.
struct Study {
  const Scale& scale;
  const Store& store;
  std::filesystem::path folder;
};

}  // namespace engram::examples::study
