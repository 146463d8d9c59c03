#include "optimizers/mechanisms.h"
#include "optimizers/path.h"

#include <engram/autograd/create.h>
#include <engram/experiment/run/stop.h>
#include <engram/optim/adagrad.h>
#include <engram/optim/adam.h>

#include <doctest/doctest.h>

#include <cmath>
#include <csignal>

using namespace engram;
using namespace engram::examples;
using namespace engram::examples::study;

namespace {

void check_slope(std::size_t surface, const Vector2& at, double value, const Vector2& gradient) {
  const Slope found = slope(surfaces()[surface], at);
  CHECK(found.value == doctest::Approx(value));
  CHECK(found.gradient[0] == doctest::Approx(gradient[0]));
  CHECK(found.gradient[1] == doctest::Approx(gradient[1]));
}

}  // namespace

TEST_CASE("surfaces: values and gradients, worked out by hand") {
  // x²/2 + 10y²: (x, 20y)
  check_slope(0, {2, -1}, 12, {2, -20});
  // (1−x)² + 100(y−x²)²: (−2(1−x) − 400x(y−x²), 200(y−x²))
  check_slope(1, {2, 3}, 1 + 100, {2 + 800, -200});
  // Beale at (1, 2): terms 2.5, 5.25, 9.625; their x-derivatives 1, 3, 7, y-derivatives 1, 4, 12
  check_slope(2, {1, 2}, 6.25 + 27.5625 + 92.640625,
              {2 * (2.5 + 3 * 5.25 + 7 * 9.625), 2 * (2.5 + 4 * 5.25 + 12 * 9.625)});
  // x² − y² + y⁴/4: (2x, −2y + y³)
  check_slope(3, {3, 2}, 9 - 4 + 4, {6, 4});
}

TEST_CASE("surfaces: nothing pulls at the minima, and the start is in the picture") {
  for (const Surface& surface : surfaces()) {
    CAPTURE(surface.name);
    for (const Vector2& minimum : surface.minima) {
      CHECK(std::abs(slope(surface, minimum).gradient[0]) < 1e-12);
      CHECK(std::abs(slope(surface, minimum).gradient[1]) < 1e-12);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(surface.start[i] > surface.low[i]);
      CHECK(surface.start[i] < surface.high[i]);
    }
  }
}

TEST_CASE("walk: gradient descent in the bowl is x ← (1−η)x, y ← (1−20η)y") {
  const Surface& bowl = surfaces()[0];
  const Path path = walk(bowl, contender("gd"), 0.05);
  REQUIRE(path.size() == static_cast<std::size_t>(bowl.steps) + 1);
  CHECK(path[0] == bowl.start);
  CHECK(path[3][0] == doctest::Approx(bowl.start[0] * std::pow(0.95, 3)));
  CHECK(path[1][1] == doctest::Approx(0).epsilon(1e-12));
}

TEST_CASE("walk: a seed names its noise, and a path ends where it leaves the picture") {
  const Surface& bowl = surfaces()[0];
  CHECK(walk(bowl, contender("sgd"), 0.01, 1) == walk(bowl, contender("sgd"), 0.01, 1));
  CHECK(walk(bowl, contender("sgd"), 0.01, 1) != walk(bowl, contender("sgd"), 0.01, 2));
  CHECK(walk(bowl, contender("gd"), 1).size() == 2);
}

TEST_CASE("path_rate: ends at Ctrl-C") {
  catch_interrupts();
  std::raise(SIGINT);
  CHECK_THROWS_AS(path_rate(surfaces()[1], contender("gd")), Interrupted);
  catch_interrupts();  // clears the pending Ctrl-C
  std::signal(SIGINT, SIG_DFL);
}

TEST_CASE("steep_way: up and down, whatever happens across") {
  CHECK(steep_way({{0, 0}, {5, 2}, {9, -1}}) == 5);
  CHECK(steep_way({{0, 3}}) == 0);
}

TEST_CASE("mean_cosine: to and fro, and straight on") {
  CHECK(mean_cosine({{0, 0}, {1, 0}, {0, 0}, {1, 0}}) == -1);
  CHECK(mean_cosine({{0, 0}, {1, 1}, {2, 2}}) == doctest::Approx(1));
  CHECK(std::isnan(mean_cosine({{0, 0}})));
}

TEST_CASE("effective rates by the formulas are what the optimizers do") {
  const std::vector<double> gradients = {0.5, -0.25, 1, 0.125};
  const Tensor a = tensor({1}, f64), b = tensor({1}, f64);
  a.set_requires_grad();
  b.set_requires_grad();
  optim::Adagrad adagrad({a}, {.lr = 0.1});
  optim::Adam adam({b}, {.lr = 0.1});
  const std::vector<double> rates = summed_rate(gradients, 0.1);
  const AdamTrace trace = adam_trace(gradients, 0.1, true);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const double a_before = a.item(), b_before = b.item();
    a.set_grad(tensor({gradients[i]}, f64));
    b.set_grad(tensor({gradients[i]}, f64));
    adagrad.step();
    adam.step();
    CHECK((a_before - a.item()) / gradients[i] == doctest::Approx(rates[i]).epsilon(1e-12));
    CHECK(std::abs(b_before - b.item()) / 0.1 == doctest::Approx(trace.move[i]).epsilon(1e-9));
  }
  // Without correction the first step is (1−β₁)/√(1−β₂) times as long.
  CHECK(adam_trace(gradients, 0.1, false).move[0] == doctest::Approx(0.1 / std::sqrt(0.001)));
  CHECK(averaged_rate({2, 2}, 1, 0.75)[1] == doctest::Approx(1 / std::sqrt(1.75)));
}
