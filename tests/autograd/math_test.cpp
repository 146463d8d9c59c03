#include <doctest/doctest.h>
#include <engram/engram.h>

#include <cmath>
#include <limits>

#include "../close.h"
#include "values.h"

using namespace engram;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Named {
  const char* name;
  Tensor (*f)(const Tensor&);
};
const Named functions[] = {{"exp", exp},       {"log", log}, {"sqrt", sqrt},
                           {"square", square}, {"abs", abs}, {"sin", sin},
                           {"cos", cos},       {"erf", erf}, {"sign", sign}};

Tensor gradient_of(Tensor (*f)(const Tensor&), const Tensor& x) {
  x.set_requires_grad();
  Tape tape;
  return tape.gradient(f(x), {x}, {.gradient = ones_like(x)})[0];
}

}  // namespace

TEST_CASE("math: NaN passes, and sizes 0 and 1 keep their shape") {
  for (const auto& [name, f] : functions) {
    CAPTURE(std::string(name));
    CHECK(std::isnan(f(tensor({nan_value}, f64)).item()));
    CHECK(std::isnan(f(tensor({nan_value}, f32)).item()));
    CHECK(f(zeros({0, 2})).shape() == Shape{0, 2});
    CHECK(f(zeros({})).shape() == Shape{});
    CHECK(f(zeros({1, 1}, f64)).dtype() == f64);
  }
}

TEST_CASE("math: integers are refused by name") {
  for (const auto& [name, f] : functions) {
    for (const DType dtype : {i64, u8}) {
      CHECK_THROWS_WITH_AS(f(zeros({2}, dtype)),
                           fmt::format("{}: needs f32 or f64, got {}", name, dtype).c_str(),
                           DTypeError);
    }
  }
}

TEST_CASE("math: at the borders of the domains") {
  check_close(log(tensor({0, -1, infinity}, f64)), {-infinity, nan_value, infinity});
  check_close(sqrt(tensor({0, -1, infinity}, f64)), {0, nan_value, infinity});
  check_close(exp(tensor({-infinity, 0, 1000}, f64)), {0, 1, infinity});
  check_close(erf(tensor({-infinity, 0, 10}, f64)), {-1, 0, 1});
  check_close(sign(tensor({-3, 0, 5}, f64)), {-1, 0, 1});
  check_close(abs(tensor({-3, 0, -infinity}, f64)), {3, 0, infinity});
}

TEST_CASE("math: gradients at kinks and poles") {
  check_close(gradient_of(abs, tensor({0, -2}, f64)), {0, -1});
  check_close(gradient_of(sign, tensor({0, -2}, f64)), {0, 0});
  check_close(gradient_of(sqrt, tensor({0, 4}, f64)), {infinity, 0.25});
  check_close(gradient_of(log, tensor({0, 4}, f64)), {infinity, 0.25});
}
