#pragma once

#include "optimizers/contender.h"

#include <span>
#include <string>

namespace engram::examples::study {

/// DeepOBS's published result on fmnist_2c2d for an optimizer, with its best hyperparameters.
struct Published {
  const char* optimizer;
  Hyperparameters with;
  double accuracy;                ///< on the test images after 100 epochs, in percent
  std::span<const double> curve;  ///< test accuracy after epochs 1, 2, … of one run, in percent
};
std::span<const Published> published();
/// Error for an optimizer without a published result.
const Published& published(const std::string& optimizer);

}  // namespace engram::examples::study
