#include <doctest/doctest.h>
#include <engram/autograd/ops/map.h>
#include <engram/engram.h>

#include "../close.h"
#include "unary.h"
#include "values.h"

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

TEST_CASE("apply_derivative: called twice with one dy it does not overwrite it") {
  const Tensor a = tensor({2, 3}, f64), b = tensor({5, 7}, f64);
  for (const Tensor& x : {a, b}) x.set_requires_grad();
  const auto times = [](auto v, auto dy) { return v * dy; };
  Tape tape;
  const Tensor y = record("twice", ones({2}, f64), {a, b},
                          [=, a = Saved(a), b = Saved(b)](Tensor dy, Gradients& d) {
                            d[0] = apply_derivative("twice", a, dy, times);
                            d[1] = apply_derivative("twice", b, dy, times);
                          });
  tape.backward(sum(y * 2.));
  CHECK(values(a.grad()) == Values{4, 6});
  CHECK(values(b.grad()) == Values{10, 14});
}
