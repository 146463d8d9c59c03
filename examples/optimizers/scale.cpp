#include "optimizers/scale.h"

#include "optimizers/plan.h"

#include <algorithm>
#include <cmath>

namespace engram::examples::study {
namespace {

/// 1e-5 to 1e1, logarithmically spaced.
std::vector<double> rates(int per_decade) {
  std::vector<double> values;
  for (int i = 0; i <= 6 * per_decade; ++i) {
    values.push_back(std::pow(10, -5 + static_cast<double>(i) / per_decade));
  }
  return values;
}

}  // namespace

Scale short_scale() {
  return {.name = "short",
          .mlp = {.train = 4000, .validation = 2000, .test = 2000, .epochs = 8},
          .cnn = {.train = 2000, .validation = 2000, .test = 1000, .epochs = 4},
          .mlp_rates = {.train = 3000, .validation = 2000, .test = 1000, .epochs = 3},
          .cnn_rates = {.train = 1500, .validation = 500, .test = 300, .epochs = 2},
          .rates = rates(2),
          .momenta = {0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999},
          .alphas = {0, 0.5, 0.9, 0.99, 0.999, 0.9999},
          .price = {.train = 0, .validation = 0, .test = 0, .epochs = 5},
          .price_seeds = 3,
          .price_measure_every = 100,
          .deepobs = {},
          .recorded_steps = 400};
}

Scale full_scale(double budget_minutes) {
  Scale scale{.name = "full",
              .mlp = {.train = 50'000, .validation = 10'000, .test = 0, .epochs = 20},
              .cnn = {.train = 50'000, .validation = 10'000, .test = 0, .epochs = 10},
              .mlp_rates = {.train = 50'000, .validation = 10'000, .test = 0, .epochs = 5},
              .cnn_rates = {.train = 20'000, .validation = 10'000, .test = 2000, .epochs = 2},
              .rates = rates(2),
              .momenta = {0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999},
              .alphas = {0, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999},
              .price = {.train = 0, .validation = 0, .test = 0, .epochs = 20},
              .price_seeds = 5,
              .price_measure_every = 50,
              .deepobs = {.train = 0, .validation = 0, .test = 0, .epochs = 100},
              .recorded_steps = 4000};
  if (budget_minutes == 0) return scale;

  double minutes = 0;
  for (const Stage& stage : all_stages(scale, TrainingStore())) {
    for (const Setup& setup : stage.setups) minutes += expected_seconds(setup) / 60;
  }
  for (Amount* amount :
       {&scale.mlp, &scale.cnn, &scale.mlp_rates, &scale.cnn_rates, &scale.price, &scale.deepobs}) {
    const double epochs = amount->epochs * std::min(1., budget_minutes / minutes);
    amount->epochs = std::max(2, static_cast<int>(epochs));
  }
  return scale;
}

Scale tiny_scale() {
  const Amount amount{.train = 30, .validation = 10, .test = 20, .epochs = 2};
  return {.name = "tiny",
          .seeds = 2,
          .mlp = amount,
          .cnn = amount,
          .mlp_rates = amount,
          .cnn_rates = amount,
          .rates = {1e-4, 1e-2, 1},
          .momenta = {0.5, 0.9},
          .alphas = {0.9, 0.99},
          .price = amount,
          .price_seeds = 1,
          .price_measure_every = 1,
          .deepobs = {.train = 20, .validation = 0, .test = 10, .epochs = 1},
          .recorded_steps = 10};
}

}  // namespace engram::examples::study
