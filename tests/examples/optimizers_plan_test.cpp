#include "optimizers/plan.h"

#include "optimizers/published.h"

#include <engram/autograd/error.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace engram::examples::study;

TEST_CASE("extents: a training that two parts use counts once, for the first of them") {
  const Scale scale = tiny_scale();
  TrainingStore store;
  const std::vector<Stage> stages = all_stages(scale, store);
  // RMSProp with default rate and β is part of both sweeps, over rates and over β.
  std::vector<Setup> rates, memory;
  for (const Stage& stage : stages) {
    if (stage.part == Part::rates)
      rates.insert(rates.end(), stage.setups.begin(), stage.setups.end());
    if (stage.part == Part::memory) memory = stage.setups;
  }
  const auto shared = std::ranges::count_if(
      memory, [&](const Setup& setup) { return std::ranges::find(rates, setup) != rates.end(); });
  REQUIRE(shared == scale.seeds);

  Extents found = extents(stages, store);
  CHECK(found.size() == 5);
  CHECK(found[Part::rates].planned == std::ssize(rates));
  CHECK(found[Part::memory].planned == std::ssize(memory) - shared);
  CHECK(found[Part::rates].done == 0);

  store.add({.setup = rates[0], .points = {{}, {.step = 1, .seconds = 2.5}}});
  found = extents(stages, store);
  CHECK(found[Part::rates].done == 1);
  CHECK(found[Part::rates].seconds == 2.5);
  CHECK(found[Part::memory].done == 0);
}

TEST_CASE("deepobs_setup: with what DeepOBS found best") {
  const Setup momentum = deepobs_setup(full_scale(), "momentum");
  CHECK(momentum.with == Hyperparameters{.lr = std::pow(10, -2.6), .momentum = 0.99});
  CHECK(deepobs_setup(full_scale(), "sgd").with == Hyperparameters{.lr = std::pow(10, -0.8)});
  CHECK_THROWS_WITH_AS(deepobs_setup(full_scale(), "rmsprop"),
                       "published: DeepOBS has nothing of rmsprop", engram::Error);
}
