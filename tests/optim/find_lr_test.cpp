#include <doctest/doctest.h>
#include <engram/autograd/create.h>
#include <engram/optim/adam.h>
#include <engram/optim/find_lr.h>
#include <engram/optim/sgd.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace engram;
using optim::LRCurve;

namespace {

Tensor parameter(double value) {
  Tensor p = tensor({value}, f64);
  p.set_requires_grad();
  return p;
}

/// One optimizer step on the loss w²; returns the loss.
struct Parabola {
  Tensor w;
  optim::Optimizer& optimizer;

  double operator()() const {
    const double value = w.item();
    w.set_grad(tensor({2 * value}, f64));
    optimizer.step();
    return value * value;
  }
};

/// The curve of steps that return these losses in order.
LRCurve curve_of(const std::vector<double>& losses, const optim::FindLROptions& options) {
  optim::SGD sgd({parameter(1)});
  std::size_t next = 0;
  return find_lr(
      sgd, [&] { return losses.at(next++); }, options);
}

}  // namespace

TEST_CASE("find_lr: the rates grow by one factor from lr_min to lr_max") {
  const LRCurve curve = curve_of({1, 1, 1, 1, 1}, {.lr_min = 1e-4, .lr_max = 1, .steps = 5});
  REQUIRE(curve.lr.size() == 5);
  for (int i = 0; i < 5; ++i) {
    CHECK(curve.lr[static_cast<std::size_t>(i)] == doctest::Approx(std::pow(10, i - 4)));
  }
  CHECK(curve.loss == std::vector<double>(5, 1));
  CHECK(curve.smoothed_loss.size() == 5);
  CHECK_FALSE(curve.suggestion);
}

TEST_CASE("find_lr: losses are smoothed without a bias towards 0") {
  const LRCurve curve = curve_of({8, 2, 5}, {.steps = 3, .smoothing = 0.5});
  REQUIRE(curve.smoothed_loss.size() == 3);
  CHECK(curve.smoothed_loss[0] == 8);
  CHECK(curve.smoothed_loss[1] == doctest::Approx((8 * 0.5 + 2) / 1.5));
  CHECK(curve.smoothed_loss[2] == doctest::Approx((8 * 0.25 + 2 * 0.5 + 5) / 1.75));
}

TEST_CASE("find_lr: suggests the rate of the steepest descent, the first tenth aside") {
  const optim::FindLROptions options{
      .lr_min = 1, .lr_max = std::pow(2., 19), .steps = 20, .smoothing = 0};
  std::vector<double> losses(20, 2.);
  for (std::size_t i = 0; i < 2; ++i) losses[i] = 7.9 - 4 * static_cast<double>(i);
  for (std::size_t i = 11; i < 20; ++i) losses[i] = 1;
  losses[11] = 1.4;  // 2, 2, 1.4, 1, 1: the steepest is at 11
  const LRCurve curve = curve_of(losses, options);
  REQUIRE(curve.suggestion);
  CHECK(*curve.suggestion == doctest::Approx(std::pow(2., 11)));
}

TEST_CASE("find_lr: stops, without an entry, where the loss diverges or is not finite") {
  const optim::FindLROptions options{.steps = 6, .smoothing = 0, .divergence = 4};
  CHECK(curve_of({3, 1, 4, 4.1, 1, 1}, options).loss == std::vector<double>{3, 1, 4});
  for (const double end :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CHECK(curve_of({1, end, 1, 1, 1, 1}, options).loss == std::vector<double>{1});
    CHECK(curve_of({end, 1, 1, 1, 1, 1}, options).loss.empty());
  }
  // Negative losses have no divergence threshold.
  CHECK(curve_of({-1, -2, -1, -1, -1, 9}, options).loss.size() == 6);
}

TEST_CASE("find_lr: finds a rate for a parabola") {
  const Tensor w = parameter(1);
  optim::SGD sgd({w}, {.lr = 1});
  const LRCurve curve = find_lr(sgd, Parabola{w, sgd}, {.lr_min = 1e-5, .lr_max = 100});
  REQUIRE(curve.suggestion);
  CHECK(*curve.suggestion > 1e-3);
  CHECK(*curve.suggestion < 1);  // where w² begins to climb
  CHECK(curve.lr.size() < 100);
  CHECK(w.item() == 1);
}

TEST_CASE("find_lr: the other groups keep their proportion to the first") {
  const Tensor a = parameter(1), b = parameter(1);
  optim::SGD sgd({std::vector{a}, std::vector{b}}, {.lr = 0.5});
  sgd.group(1).lr = 2;
  const LRCurve curve = find_lr(sgd,
                                [&] {
                                  CHECK(sgd.lr(1) == doctest::Approx(4 * sgd.lr(0)));
                                  return sgd.lr(0);
                                },
                                {.steps = 2});
  CHECK(curve.loss == curve.lr);
  CHECK(sgd.lr(0) == 0.5);
  CHECK(sgd.lr(1) == 2);
}

TEST_CASE("find_lr: parameters and optimizer are as they were, also when a step throws") {
  for (const bool throws : {false, true}) {
    CAPTURE(throws);
    const Tensor w = parameter(2), twin = parameter(2);
    optim::Adam adam({w}, {.lr = 0.25}), other({twin}, {.lr = 0.25});
    const Parabola step{w, adam}, step_of_twin{twin, other};
    for (int k = 0; k < 3; ++k) CHECK(step() == step_of_twin());

    int steps = 0;
    const auto test = [&] {
      if (throws && ++steps == 5) throw std::runtime_error("no more data");
      return step();
    };
    if (throws) {
      CHECK_THROWS_WITH_AS(find_lr(adam, test), "no more data", std::runtime_error);
    } else {
      CHECK(find_lr(adam, test).lr.size() > 10);
    }
    CHECK(adam.lr() == 0.25);
    CHECK(adam.steps() == 3);
    CHECK_FALSE(w.grad().defined());
    for (int k = 0; k < 3; ++k) CHECK(step() == step_of_twin());
    CHECK(w.item() == twin.item());
  }
}

TEST_CASE("find_lr: options out of their range are refused") {
  optim::SGD sgd({parameter(1)});
  const auto refuse = [&](const optim::FindLROptions& options, const char* text) {
    CHECK_THROWS_WITH_AS(find_lr(
                             sgd, [] { return 1.; }, options),
                         text, Error);
  };
  refuse({.lr_min = 0}, "find_lr: lr_min must be above 0, got 0");
  refuse({.lr_min = 1, .lr_max = 1}, "find_lr: lr_max must be above lr_min, got 1 and 1");
  refuse({.lr_max = std::numeric_limits<double>::infinity()},
         "find_lr: lr_max must be finite, got inf");
  refuse({.steps = 1}, "find_lr: steps must be at least 2, got 1");
  refuse({.smoothing = 1}, "find_lr: smoothing must be in [0, 1), got 1");
  refuse({.divergence = 1}, "find_lr: divergence must be above 1, got 1");
  sgd.lr() = 0;
  refuse({}, "find_lr: the rate of the first group must be above 0, got 0");
}
