#pragma once

#include "optimizers/study.h"

#include <span>

namespace engram::examples::study {

/// What DeepOBS publishes of fmnist_2c2d for an optimizer at the rate that it found best.
struct Published {
  const char* optimizer;
  double accuracy;                ///< on the test images after 100 epochs, in percent
  int seed;                       ///< of the run that the curve is of
  std::span<const double> curve;  ///< test accuracy after epochs 1, 2, … of one run, in percent
};
std::span<const Published> published();

/// Appends DeepOBS's fmnist_2c2d: ours beside what is published.
void add_deepobs(Section& section, const Study& study);

}  // namespace engram::examples::study
