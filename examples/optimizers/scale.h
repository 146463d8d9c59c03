#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace engram::examples::study {

/// How many images a training has, and how often it sees them.
struct Amount {
  std::int64_t train, validation, test;  ///< 0 of train or test: all that there are
  int epochs;
};

/// How much is trained: what distinguishes the short mode from the full one.
struct Scale {
  std::string name;
  int seeds = 5;     ///< behind everything that compares accuracies
  Amount mlp, cnn;   ///< the curves and the gap
  Amount mlp_rates;  ///< the sweeps over rates, momenta and β
  Amount cnn_rates;  ///< the sweep that finds the CNN's rates
  std::vector<double> rates, momenta, alphas;
  Amount price;  ///< the race to 97 %
  int price_seeds;
  std::int64_t price_measure_every;  ///< steps
  Amount deepobs;                    ///< no epochs: left out
  int recorded_steps;                ///< of the optimizer's inner life
};

/// Under two minutes on two cores, in all.
Scale short_scale();
/// Takes its time: hours. Epochs are reduced alike to fit into the minutes that are given, by what
/// all takes on two cores, as far as 2 epochs allow; 0: nothing is reduced.
Scale full_scale(double budget_minutes = 0);
/// Seconds, for the tests: on a few dozen images.
Scale tiny_scale();

}  // namespace engram::examples::study
