#include "optimizers/claims.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace engram::examples::study;
using engram::examples::Estimate;

namespace {

/// A curve whose loss decreases linearly from 2 to `last` over four epochs.
Curve falling(const std::string& optimizer, double last, double accuracy) {
  Curve curve;
  curve.optimizer = optimizer;
  for (int epoch = 0; epoch <= 4; ++epoch) {
    const double loss = 2 + (last - 2) * epoch / 4;
    curve.epochs.push_back(epoch);
    curve.seconds.push_back(epoch);
    curve.loss.push_back({.mean = loss});
    curve.accuracy.push_back({.mean = accuracy});
  }
  curve.final_loss = {.mean = last, .error = 0.001, .count = 5};
  curve.final_accuracy = {.mean = accuracy, .error = 0.001, .count = 5};
  return curve;
}

/// Adam learns twice as fast as SGD, Adagrad ends high, RMSProp between.
Measurements made_up() {
  Measurements m;
  m.paths = {.sgd_cosine = {-0.5, 0.1, 20},
             .momentum_cosine = {0.5, 0.1, 20},
             .sgd_way = {18, 0.5, 20},
             .momentum_way = {5, 0.5, 20},
             .overshoots = {0, 0.1, 0.5}};
  auto& of = m.curves.tasks.emplace_back(CurveFigures::Of{tasks()[0], {}, {}});
  of.best = {falling("sgd", 1, 0.9), falling("momentum", 0.5, 0.9), falling("adagrad", 0.8, 0.9),
             falling("rmsprop", 0.4, 0.9), falling("adam", 0.1, 0.9)};
  of.standard = {falling("sgd", 1.9, 0.2), falling("adam", 0.1, 0.9)};
  m.rates.momentum = {
      .optimizer = "momentum", .x = {0.5, 0.999}, .accuracy = {{0.9, 0.001, 5}, {0.5, 0.001, 5}}};
  m.rates.alpha = {
      .optimizer = "rmsprop", .x = {0.9, 0.99}, .accuracy = {{0.9, 0.001, 5}, {0.901, 0.001, 5}}};
  auto& sweeps = m.rates.tasks.emplace_back(RateFigures::Of{tasks()[0], {}}).sweeps;
  sweeps.push_back({.optimizer = "sgd",
                    .x = {0.01, 0.1, 1},
                    .accuracy = {{0.5, 0.01, 5}, {0.9, 0.01, 5}, {0.1, 0.01, 5}}});
  sweeps.push_back({.optimizer = "adam",
                    .x = {0.01, 0.1, 1},
                    .accuracy = {{0.9, 0.01, 5}, {0.9, 0.01, 5}, {0.1, 0.01, 5}}});
  m.prices = {{.optimizer = "adam", .bytes_per_parameter = 8}};
  m.gaps = {{.task = tasks()[0],
             .train_loss = 0.1,
             .contenders = {{"sgd", {0.9, 0.001, 5}, {0.1, 0.01, 5}},
                            {"adam", {0.88, 0.001, 5}, {0.2, 0.01, 5}}}}};
  m.mechanisms.sum_left = 0.1;
  m.mechanisms.average_left = 1;
  m.mechanisms.rate_spread = 5;
  return m;
}

Claim claim_of(const Measurements& measurements, const std::string& text) {
  for (const Claim& claim : judge(measurements)) {
    if (claim.text == text) return claim;
  }
  FAIL("there is no claim: ", text);
  return {};
}

Verdict verdict(const Measurements& measurements, const std::string& text) {
  return claim_of(measurements, text).verdict;
}

}  // namespace

TEST_CASE("verdicts: all, none, some, nothing measured") {
  CHECK(verdict_of(4, 4) == Verdict::confirmed);
  CHECK(verdict_of(0, 4) == Verdict::refuted);
  CHECK(verdict_of(1, 4) == Verdict::depends);
  CHECK(verdict_of(0, 0) == Verdict::not_measured);
  CHECK(verdict_of(Estimate{0.3, 0.1, 5}) == Verdict::confirmed);
  CHECK(verdict_of(Estimate{-0.3, 0.1, 5}) == Verdict::refuted);
  CHECK(verdict_of(Estimate{0.1, 0.1, 5}) == Verdict::depends);
  CHECK(verdict_of(Estimate{0.1, std::nan(""), 1}) == Verdict::depends);
  CHECK(verdict_of(Estimate{}) == Verdict::not_measured);
}

TEST_CASE("claims: figures that speak for the report confirm it") {
  for (const Claim& claim : judge(made_up())) {
    CAPTURE(claim.text);
    CAPTURE(claim.measured);
    CHECK(claim.verdict ==
          (claim.text == "RMSProp depends on β." ? Verdict::refuted : Verdict::confirmed));
  }
}

TEST_CASE("claims: figures that speak against the report refute it") {
  Measurements m = made_up();
  m.paths.sgd_cosine = {0.6, 0.01, 20};
  m.paths.momentum_way = {20, 0.5, 20};
  m.paths.overshoots = {0, 0, 0};
  m.rates.momentum.accuracy[1] = {0.95, 0.001, 5};
  m.rates.alpha.accuracy[1] = {0.8, 0.001, 5};
  for (Sweep& sweep : m.rates.tasks[0].sweeps) sweep.accuracy[2] = sweep.accuracy[1];
  m.rates.tasks[0].sweeps[1].accuracy[0] = {0.1, 0.01, 5};  // Adam's valley is the narrower one
  m.curves.tasks[0].best = {falling("sgd", 0.1, 0.9), falling("momentum", 1, 0.9),
                            falling("adagrad", 0.1, 0.9), falling("rmsprop", 1, 0.9),
                            falling("adam", 1, 0.9)};
  m.curves.tasks[0].standard[0] = falling("sgd", 0.1, 0.95);
  m.prices[0].bytes_per_parameter = 4;
  m.gaps[0].contenders[1].accuracy = {0.95, 0.001, 5};
  m.mechanisms.rate_spread = 1;
  for (const Claim& claim : judge(m)) {
    CAPTURE(claim.text);
    CAPTURE(claim.measured);
    CHECK(claim.verdict ==
          (claim.text == "RMSProp depends on β." ? Verdict::confirmed : Verdict::refuted));
  }
}

TEST_CASE("claims: who is first where, and where Adam is if it is not") {
  Measurements m = made_up();
  const auto measured = [&](const std::string& text) { return claim_of(m, text).measured; };
  CHECK(measured("Adam converges fastest.") ==
        "First at SGD's final training loss: MNIST, MLP: Adam after 2.1 epochs");
  CHECK(
      measured("Adam needs the least tuning.") ==
      "The widest valley of rates: MNIST, MLP: Adam's, 1.0 decades. Its lead at the default rate, "
      "in points: MNIST, MLP: +70.00 ± 0.14 against SGD");

  m.curves.tasks[0].best[1] = falling("momentum", -1, 0.9);
  m.curves.tasks[0].standard[0] = falling("sgd", 0.1, 0.95);
  m.rates.tasks[0].sweeps[1].accuracy[0] = {0.1, 0.01, 5};
  CHECK(
      measured("Adam converges fastest.") ==
      "First at SGD's final training loss: MNIST, MLP: Momentum after 1.3 epochs, Adam after 2.1");
  m.curves.tasks[0].best[4] = falling("adam", 1.5, 0.9);
  CHECK(measured("Adam converges fastest.") ==
        "First at SGD's final training loss: MNIST, MLP: Momentum after 1.3 epochs, Adam never");
  CHECK(measured("Adam needs the least tuning.") ==
        "The widest valley of rates: MNIST, MLP: SGD's, 0.0 decades, Adam's 0.0. Its lead at the "
        "default rate, in points: MNIST, MLP: -5.00 ± 0.14 against SGD");
}

TEST_CASE("claims: a difference within two standard errors decides nothing") {
  Measurements m = made_up();
  m.gaps[0].contenders[1].accuracy = {0.899, 0.001, 5};
  CHECK(verdict(m, "Adam may generalise worse than SGD.") == Verdict::depends);
  m.rates.alpha.accuracy[1] = {0.93, 0.02, 5};
  CHECK(verdict(m, "RMSProp depends on β.") == Verdict::depends);
  for (Sweep& sweep : m.rates.tasks[0].sweeps) sweep.accuracy[2] = {0.8, 0.1, 5};
  CHECK(verdict(m, "Too large a rate overshoots.") == Verdict::refuted);
  m.curves.tasks[0].standard[0] = falling("sgd", 1.9, 0.899);  // Adam's lead is not clear
  CHECK(verdict(m, "Adam needs the least tuning.") == Verdict::depends);
}

TEST_CASE("claims: one seed has no standard error, its differences count as they are") {
  Measurements m = made_up();
  for (Sweep& sweep : m.rates.tasks[0].sweeps) {
    for (Estimate& accuracy : sweep.accuracy) accuracy = {.mean = accuracy.mean, .count = 1};
  }
  CHECK(verdict(m, "Too large a rate overshoots.") == Verdict::confirmed);
}

TEST_CASE("claims: one that lacks trainings says so, and is not judged") {
  Measurements m = made_up();
  m.extents = {{Part::rates, {.planned = 30, .done = 30}},
               {Part::curves, {.planned = 10, .done = 7}}};
  for (const char* text : {"SGD converges slowly.", "Adagrad's rate then decays too far.",
                           "RMSProp repairs that with a moving average.", "Adam converges fastest.",
                           "Adam needs the least tuning.", "Adam may generalise worse than SGD."}) {
    CAPTURE(text);
    CHECK(claim_of(m, text).measured == "3 of the 40 trainings that it needs are missing");
    CHECK(verdict(m, text) == Verdict::not_measured);
  }
  CHECK(verdict(m, "Too large a rate overshoots.") == Verdict::confirmed);
  CHECK(verdict(m, "SGD's direction oscillates.") == Verdict::confirmed);

  m.extents = {{Part::memory, {.planned = 4, .done = 3}}, {Part::race, {.planned = 1, .done = 0}}};
  CHECK(claim_of(m, "Too large a momentum overshoots.").measured ==
        "1 of the 4 trainings that it needs are missing");
  CHECK(verdict(m, "RMSProp depends on β.") == Verdict::not_measured);
  CHECK(verdict(m, "Adam keeps two extra values per parameter.") == Verdict::not_measured);
  CHECK(verdict(m, "SGD converges slowly.") == Verdict::confirmed);
}

TEST_CASE("claims: what was not trained is not judged") {
  Measurements m;
  m.mechanisms.rate_spread = std::nan("");
  for (const Claim& claim : judge(m)) {
    CAPTURE(claim.text);
    CHECK(claim.verdict == (claim.text == "Too large a momentum overshoots."
                                ? Verdict::refuted  // the path alone decides: it did not
                                : Verdict::not_measured));
  }
}

TEST_CASE("valley_of: interpolated in the logarithm, open at the ends of the sweep") {
  Sweep sweep{.optimizer = "sgd", .x = {1e-3, 1e-2, 1e-1}, .accuracy = {}};
  for (double mean : {0.5, 0.9, 0.88}) sweep.accuracy.push_back({mean, 0, 5});
  Valley valley = valley_of(sweep);
  CHECK(valley.best == 1e-2);
  CHECK(valley.accuracy.mean == 0.9);
  CHECK(valley.decades == doctest::Approx(0.5 + 1. / 40));  // half a decade up, 1/40 down
  CHECK_FALSE(valley.open);

  sweep.accuracy[2].mean = 0.895;
  valley = valley_of(sweep);
  CHECK(valley.decades == doctest::Approx(1 + 1. / 40));
  CHECK(valley.open);
  CHECK(valley_of({}).decades == 0);
}

TEST_CASE("curves through points: where they cross a value, and what they are in between") {
  const std::vector<double> x = {0, 1, 3}, y = {2, 1, 0};
  CHECK(first_crossing(x, y, 1.5) == 0.5);
  CHECK(first_crossing(x, y, 0.5) == 2);
  CHECK(first_crossing(x, y, 0) == 3);
  CHECK(first_crossing(x, y, 2) == 0);
  CHECK(std::isnan(first_crossing(x, y, -1)));
  CHECK(std::isnan(first_crossing({}, {}, 0)));
  CHECK(interpolate(x, y, 2) == 0.5);
  CHECK(interpolate(x, y, 3) == 0);
  CHECK(std::isnan(interpolate(x, y, 4)));
}
