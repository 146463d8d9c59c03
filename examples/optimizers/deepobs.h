#pragma once

#include "optimizers/study.h"

namespace engram::examples::study {

/// Appends DeepOBS's fmnist_2c2d: measured and published results.
void add_deepobs(Section& section, const Study& study);

}  // namespace engram::examples::study
