#include <doctest/doctest.h>
#include <engram/engram.h>

#include <cmath>
#include <limits>

#include "../close.h"

using namespace engram;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Named {
  const char* name;
  Tensor (*f)(const Tensor&);
};
const Named functions[] = {
    {"tanh", tanh}, {"sigmoid", sigmoid},
    {"relu", relu}, {"leaky_relu", [](const Tensor& x) { return leaky_relu(x); }},
    {"gelu", gelu}, {"softplus", [](const Tensor& x) { return softplus(x); }}};

Tensor gradient_of(Tensor (*f)(const Tensor&), const Tensor& x) {
  x.set_requires_grad();
  Tape tape;
  return tape.gradient(f(x), {x}, {.gradient = ones_like(x)})[0];
}

}  // namespace

TEST_CASE("activation: NaN passes, and sizes 0 and 1 keep their shape") {
  for (const auto& [name, f] : functions) {
    CAPTURE(std::string(name));
    CHECK(std::isnan(f(tensor({nan_value}, f64)).item()));
    CHECK(std::isnan(f(tensor({nan_value}, f32)).item()));
    CHECK(f(zeros({0, 2})).shape() == Shape{0, 2});
    CHECK(f(zeros({})).shape() == Shape{});
    CHECK(f(zeros({1, 1}, f64)).dtype() == f64);
  }
}

TEST_CASE("activation: integers are refused by name") {
  for (const auto& [name, f] : functions) {
    CHECK_THROWS_WITH_AS(f(zeros({2}, i64)),
                         fmt::format("{}: needs f32 or f64, got i64", name).c_str(), DTypeError);
  }
}

TEST_CASE("activation: large inputs saturate and do not overflow") {
  const Tensor x = tensor({-1000, 1000}, f32);
  check_close(sigmoid(x), {0, 1});
  check_close(tanh(x), {-1, 1});
  check_close(softplus(x), {0, 1000});
  check_close(gelu(x), {0, 1000});
  check_close(relu(tensor({-infinity, infinity}, f64)), {0, infinity});
  for (const auto& [name, f] : functions) {
    CAPTURE(std::string(name));
    const Tensor slope = gradient_of(f, tensor({-1000, 1000}, f32));
    CHECK(std::isfinite(slope.data<float>()[0]));
    CHECK(std::isfinite(slope.data<float>()[1]));
  }
}

TEST_CASE("activation: gradients at the kink are those of the left") {
  check_close(gradient_of(relu, tensor({0, 1, -1}, f64)), {0, 1, 0});
  check_close(
      gradient_of([](const Tensor& x) { return leaky_relu(x, 0.25); }, tensor({0, 1, -1}, f64)),
      {0.25, 1, 0.25});
}

TEST_CASE("softplus: the threshold, and a beta that makes no sense") {
  check_close(softplus(tensor({0, 10.5, 9.5}, f64), 2, 20),
              {std::log(2.0) / 2, 10.5, std::log1p(std::exp(19.0)) / 2});
  CHECK_THROWS_WITH_AS(softplus(zeros({1}), 0), "softplus: beta must be positive, got 0", Error);
  CHECK_THROWS_WITH_AS(softplus(zeros({1}), -1.5), "softplus: beta must be positive, got -1.5",
                       Error);
}
