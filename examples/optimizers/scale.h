#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace engram::examples::study {

/// The number of images of a training, and of its epochs.
struct Amount {
  std::int64_t train, validation, test;  ///< 0 for train or test: all
  int epochs;
};

/// The amount of training: the difference between the short mode and the full one.
struct Scale {
  std::string name;
  int seeds = 5;     ///< of all comparisons of accuracies
  Amount mlp, cnn;   ///< the curves and the gap
  Amount mlp_rates;  ///< the sweeps over rates, momenta and β
  Amount cnn_rates;  ///< the sweep that finds the CNN's rates
  std::vector<double> rates, momenta, alphas;
  Amount price;  ///< the race to 97 %
  int price_seeds;
  std::int64_t price_measure_every;  ///< steps
  Amount deepobs;                    ///< no epochs: left out
  int recorded_steps;                ///< of the traces (mechanisms.h)
};

/// Under two minutes in total on two cores.
Scale short_scale();
/// Hours. With a budget all epochs are reduced by one factor to fit it, by the times on two cores,
/// but not below 2 epochs; 0: not reduced.
Scale full_scale(double budget_minutes = 0);
/// For the tests: seconds, on a few dozen images.
Scale tiny_scale();

}  // namespace engram::examples::study
