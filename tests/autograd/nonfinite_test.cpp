#include <doctest/doctest.h>
#include <engram/engram.h>

#include <limits>

#include "../close.h"
#include "values.h"

using namespace engram;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Tensor parameter(std::initializer_list<double> values, DType dtype = f64) {
  const Tensor x = tensor(values, dtype);
  x.set_requires_grad();
  return x;
}

/// The gradient of x; checks that the recorded gradient equals it.
template <class F>
Tensor gradient_of(const Tensor& x, F f, double dy = 1) {
  Tape tape;
  const Tensor y = f(x);
  const GradientOptions options{.gradient = full(y.shape(), dy, y.dtype()), .retain_graph = true};
  const Tensor plain = tape.gradient(y, {x}, options)[0];
  const Tensor recorded =
      tape.gradient(y, {x}, {.gradient = options.gradient, .create_graph = true})[0];
  check_close(recorded, values(plain));
  return plain;
}

}  // namespace

TEST_CASE("clamp: nothing passes a NaN") {
  check_close(gradient_of(parameter({nan_value, 0, 0.5, 1, -1, infinity}),
                          [](const Tensor& x) { return clamp(x, 0, 1); }),
              {0, 1, 1, 1, 0, 0});
}

TEST_CASE("maximum and minimum: the gradient shows that there is a NaN") {
  const Tensor a = parameter({nan_value, 1, nan_value, 1, 2}), b = tensor({1, 2, 3, 1, 1}, f64);
  const Tensor of_nan = tensor({1, nan_value, nan_value, 1, 1}, f64);
  check_close(gradient_of(a, [&](const Tensor& x) { return maximum(x, b); }), {1, 0, 1, 0.5, 1});
  check_close(gradient_of(a, [&](const Tensor& x) { return minimum(b, x); }), {1, 1, 1, 0.5, 0});
  check_close(gradient_of(a, [&](const Tensor& x) { return maximum(of_nan, x); }),
              {1, 1, 1, 0.5, 1});
}

TEST_CASE("pow: the exponent 0 has a constant result, whatever the base") {
  for (const DType dtype : {f32, f64}) {
    check_close(gradient_of(parameter({1e-39, 0, nan_value, infinity, -2}, dtype),
                            [](const Tensor& x) { return pow(x, 0); }),
                {0, 0, 0, 0, 0});
  }
}

TEST_CASE("pow: at the exponent 0 the mixed second derivative is 1/a, as beside it") {
  for (const double exponent : {0., 1e-9}) {
    const Tensor a = parameter({2, -4}), b = parameter({exponent, exponent});
    Tape tape;
    const Tensor first = tape.gradient(sum(pow(abs(a), b)), {a}, {.create_graph = true})[0];
    check_close(tape.gradient(sum(first), {b})[0], {0.5, -0.25}, 1e-8);
  }
}

TEST_CASE("sign: its derivative is 0, not 0 times a gradient") {
  check_close(gradient_of(
                  parameter({2, 0, nan_value}), [](const Tensor& x) { return sign(x); }, infinity),
              {0, 0, 0});
}

TEST_CASE("gelu: of the largest numbers") {
  check_close(gelu(tensor({2e38, -2e38, 3.4e38})), {2e38, 0, 3.4e38}, 1e-6);
  CHECK(gelu(tensor({1.5e308}, f64)).item() == 1.5e308);
}

TEST_CASE("cross_entropy: a row that is left out may hold anything") {
  const Tensor logits = tensor({nan_value, 1, 2, 0, 1, 2}, {2, 3}, f64);
  logits.set_requires_grad();
  const Tensor labels = tensor({-100, 1}, i64);
  const auto loss = [&](const Tensor& x) { return cross_entropy(x, labels); };
  const Tensor gradient = gradient_of(logits, loss);
  check_close(slice(gradient, 0, 0, 1), {0, 0, 0});
  CHECK(gradient.data<double>()[4] < 0);

  Tape tape;  // and so are its second derivatives 0
  const Tensor first = tape.gradient(loss(logits), {logits}, {.create_graph = true})[0];
  const Tensor second = tape.gradient(sum(square(first)), {logits})[0];
  check_close(slice(second, 0, 0, 1), {0, 0, 0});
}

TEST_CASE("kl_div: the derivative of t log t where t is 0") {
  const Tensor input = tensor({-1, -2}, f64);
  check_close(gradient_of(parameter({0, 1}),
                          [&](const Tensor& target) {
                            return kl_div(input, target, {.reduction = KLDivReduction::none});
                          }),
              {-infinity, 3});
}

TEST_CASE("gradient: y may be the leaf itself") {
  const Tensor p = parameter({1, 2}), other = parameter({3});
  const Tensor dy = tensor({5, 6}, f64);
  Tape tape;
  CHECK(values(tape.gradient(reshape(p, p.shape()), {p}, {.gradient = dy})[0]) == Values{5, 6});
  CHECK(values(tape.gradient(sum_to(p, p.shape()), {p}, {.gradient = dy})[0]) == Values{5, 6});
  CHECK_THROWS_WITH_AS(tape.gradient(p, {other}, {.gradient = dy}),
                       "gradient: y does not depend on x[0]", AutogradError);
  CHECK_THROWS_WITH_AS(tape.gradient(p, {p}),
                       "gradient: y has shape (2,); a gradient must be given unless it has one "
                       "element",
                       AutogradError);
  tape.backward(other);
  tape.backward(other);
  CHECK(other.grad().item() == 2);
  for (int pass = 0; pass < 2; ++pass) tape.backward(p, {.gradient = p * 3});
  CHECK(values(p.grad()) == Values{6, 12});
  CHECK_FALSE(p.grad().requires_grad());
}
