#include <engram/experiment/tasks/outcome.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace engram::experiment;

TEST_CASE("Outcome: comes back from its JSON bit for bit") {
  const Outcome outcome{.baseline = {0.1, 1. / 3},
                        .matrix = {{0.9, 0.2}, {0.7, 2. / 3}},
                        .seconds = 1.5,
                        .memory_bytes = 120};
  const Outcome read = outcome_from_json(Json::parse(to_json(outcome).dump()));
  CHECK(read.baseline == outcome.baseline);
  CHECK(read.matrix == outcome.matrix);
  CHECK(read.seconds == 1.5);
  CHECK(read.memory_bytes == 120);
  CHECK_FALSE(read.diverged);
  CHECK(outcome_from_json(to_json(Outcome{.diverged = 17})).diverged == 17);
  CHECK_FALSE(outcome_from_json(to_json(Outcome{})).memory_bytes);
}

TEST_CASE("Outcome: a run that diverged, or has learned nothing, has no metrics") {
  CHECK(std::isnan(Outcome{}.metrics().acc));
  const Outcome learned{.baseline = {0.1}, .matrix = {{0.9}}};
  CHECK(learned.metrics().acc == 0.9);
  Outcome diverged = learned;
  diverged.diverged = 3;
  CHECK(std::isnan(diverged.metrics().acc));
}
