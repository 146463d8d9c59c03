#include <engram/autograd/error.h>
#include <engram/continual/metrics.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace engram::continual;

TEST_CASE("metrics_of: three tasks by hand") {
  const AccuracyMatrix matrix = {{0.90, 0.20, 0.10},  //
                                 {0.95, 0.80, 0.30},  // task 0 is better than when it was learned
                                 {0.50, 0.70, 0.90}};
  const auto [acc, bwt, fwt, forgetting, learning] = metrics_of(matrix, {0.10, 0.12, 0.08});
  CHECK(acc == doctest::Approx((0.50 + 0.70 + 0.90) / 3));
  CHECK(bwt == doctest::Approx(((0.50 - 0.90) + (0.70 - 0.80)) / 2));
  CHECK(fwt == doctest::Approx(((0.20 - 0.12) + (0.30 - 0.08)) / 2));
  CHECK(forgetting == doctest::Approx(((0.95 - 0.50) + (0.80 - 0.70)) / 2));
  CHECK(learning == doctest::Approx((0.90 + 0.80 + 0.90) / 3));
}

TEST_CASE("metrics_of: what is learned on the way may lower forgetting below zero") {
  const auto metrics = metrics_of({{0.6, 0.1}, {0.8, 0.9}}, {0.1, 0.1});
  CHECK(metrics.bwt == doctest::Approx(0.2));
  CHECK(metrics.forgetting == doctest::Approx(-0.2));
}

TEST_CASE("metrics_of: the best accuracy may lie before the task was learned") {
  const auto metrics = metrics_of({{0.9, 0.85, 0}, {0.9, 0.6, 0}, {0.9, 0.5, 1}}, {0, 0, 0});
  CHECK(metrics.forgetting == doctest::Approx((0 + (0.85 - 0.5)) / 2));
}

TEST_CASE("metrics_of: of a sequence under way, those of the learned part") {
  const auto metrics = metrics_of({{0.9, 0.2, 0.1}, {0.7, 0.8, 0.3}}, {0.1, 0.1, 0.1});
  CHECK(metrics.acc == doctest::Approx(0.75));
  CHECK(metrics.bwt == doctest::Approx(-0.2));
  CHECK(metrics.fwt == doctest::Approx(0.1));
  CHECK(metrics.forgetting == doctest::Approx(0.2));
}

TEST_CASE("metrics_of: one task has nothing to compare") {
  const auto metrics = metrics_of({{0.9}}, {0.1});
  CHECK(metrics.acc == 0.9);
  CHECK(metrics.learning == 0.9);
  CHECK(std::isnan(metrics.bwt));
  CHECK(std::isnan(metrics.fwt));
  CHECK(std::isnan(metrics.forgetting));
}

TEST_CASE("metrics_of: what it does not take") {
  CHECK_THROWS_WITH_AS(metrics_of({}, {}), "metrics_of: no task was learned", engram::Error);
  CHECK_THROWS_WITH_AS(metrics_of({{0.9, 0.1}, {0.9, 0.9}}, {0.1}),
                       "metrics_of: 2 tasks, but a baseline of 1", engram::Error);
  CHECK_THROWS_WITH_AS(metrics_of({{0.9}, {0.9, 0.9}}, {0.1, 0.1}),
                       "metrics_of: 2 tasks, but a row of 1", engram::Error);
}
