#include "optimizers/claims.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace engram::examples::study;
using engram::examples::Estimate;

namespace {

/// A curve whose loss falls from 2 to `last` in straight lines over four epochs.
Curve falling(const std::string& optimizer, double last, double accuracy) {
  Curve curve;
  curve.optimizer = optimizer;
  for (int epoch = 0; epoch <= 4; ++epoch) {
    const double loss = 2 + (last - 2) * epoch / 4;
    curve.epochs.push_back(epoch);
    curve.seconds.push_back(epoch);
    curve.loss.push_back({loss, loss, loss});
    curve.accuracy.push_back({accuracy, accuracy, accuracy});
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
             .overshoots = {0, 0.1, 0.5}};
  auto& of = m.curves.tasks.emplace_back(tasks()[0], std::vector<Curve>(), std::vector<Curve>());
  of.best = {falling("sgd", 1, 0.9), falling("momentum", 0.5, 0.9), falling("adagrad", 0.8, 0.9),
             falling("rmsprop", 0.4, 0.9), falling("adam", 0.1, 0.9)};
  of.standard = {falling("sgd", 1.9, 0.2), falling("adam", 0.1, 0.9)};
  m.rates.momentum = {
      .optimizer = "momentum", .x = {0.5, 0.999}, .accuracy = {{0.9, 0.001, 5}, {0.5, 0.001, 5}}};
  m.rates.alpha = {
      .optimizer = "rmsprop", .x = {0.9, 0.99}, .accuracy = {{0.9, 0.001, 5}, {0.901, 0.001, 5}}};
  auto& sweeps = m.rates.tasks.emplace_back(tasks()[0], std::vector<Sweep>()).sweeps;
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
  m.mechanisms.sum_fades = 10;
  m.mechanisms.average_fades = 1;
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
  m.paths.momentum_cosine = {0.5, 0.01, 20};
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
  CHECK(measured("Adam needs the least tuning.") ==
        "The widest valley of rates: MNIST, MLP: Adam's, 1.0 decades. The best at its default "
        "rate: MNIST, MLP: Adam, 90.00 %");

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
        "The widest valley of rates: MNIST, MLP: SGD's, 0.0 decades, Adam's 0.0. The best at its "
        "default rate: MNIST, MLP: SGD, 95.00 %, Adam 90.00 %");
}

TEST_CASE("claims: a difference within two standard errors decides nothing") {
  Measurements m = made_up();
  m.gaps[0].contenders[1].accuracy = {0.899, 0.001, 5};
  CHECK(verdict(m, "Adam may generalise worse than SGD.") == Verdict::depends);
  m.rates.alpha.accuracy[1] = {0.93, 0.02, 5};
  CHECK(verdict(m, "RMSProp depends on β.") == Verdict::depends);
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
