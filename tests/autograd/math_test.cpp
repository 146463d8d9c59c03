#include <doctest/doctest.h>
#include <engram/engram.h>

#include "../close.h"
#include "unary.h"

using namespace engram;

namespace {

const NamedUnary functions[] = {{"exp", exp},       {"log", log}, {"sqrt", sqrt},
                                {"square", square}, {"abs", abs}, {"sin", sin},
                                {"cos", cos},       {"erf", erf}, {"sign", sign}};

}  // namespace

TEST_CASE("math: NaN, sizes 0 and 1, integers") { check_unary(functions); }

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
