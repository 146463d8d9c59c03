#pragma once

#include "optimizers/statistics.h"
#include "optimizers/study.h"

#include <string>
#include <vector>

namespace engram::examples::study {

/// What an optimizer costs, on MNIST with the MLP.
struct Price {
  std::string optimizer;
  Estimate step_seconds{}, update_seconds{};  ///< of a step, and the optimizer's share of it
  double bytes_per_parameter = 0;             ///< that it keeps
  int reached = 0, runs = 0;                  ///< runs that came to 97 % test accuracy
  Estimate steps{}, seconds{};                ///< to there, of those that came
};
Price price_of(const std::string& optimizer, const std::vector<const Record*>& records);

/// Of all contenders, gradient descent included.
std::vector<Price> measure_prices(const Study& study);

/// Part 4.
Section price_section(const Study& study, const std::vector<Price>& prices);

}  // namespace engram::examples::study
