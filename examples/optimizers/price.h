#pragma once

#include "optimizers/statistics.h"
#include "optimizers/study.h"

#include <string>
#include <vector>

namespace engram::examples::study {

/// The cost of an optimizer, on MNIST with the MLP.
struct Price {
  std::string optimizer;
  Estimate step_seconds{}, update_seconds{};  ///< of a step, and of the optimizer in it
  double bytes_per_parameter = 0;             ///< of the optimizer's state
  int reached = 0, runs = 0;                  ///< runs that reached 97 % test accuracy, and all
  Estimate steps{}, seconds{};                ///< to 97 %, of the runs that reached it
};
Price price_of(const std::string& optimizer, const std::vector<const Record*>& records);

/// The costs of all contenders, including gradient descent.
std::vector<Price> measure_prices(const Study& study);

/// Part 4.
Section price_section(const Study& study, const std::vector<Price>& prices);

}  // namespace engram::examples::study
