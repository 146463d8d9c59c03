#include "../../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/gradcheck.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/nn/layers/bilinear.h>

#include <doctest/doctest.h>

#include <algorithm>

using namespace engram;

TEST_CASE("Bilinear has PyTorch's values and gradients") {
  const nn::Bilinear layer(2, 3, 2, {.dtype = f64});
  layer.load_state_dict(
      {{"weight", tensor({1, 2, 3, 4, 5, 6, -1, 0, 2, 0.5, -2, 1}, {2, 2, 3}, f64)},
       {"bias", tensor({10, 20}, f64)}});
  const Tensor a = tensor({1, 2, -1, 0.5}, {2, 2}, f64);
  const Tensor b = tensor({1, 0, -1, 2, 1, 3}, {2, 3}, f64);
  a.set_requires_grad();
  b.set_requires_grad();
  Tape tape;
  const Tensor y = layer(a, b);
  CHECK(y.shape() == Shape{2, 2});
  check_close(y, {4, 16, 12.5, 17});
  tape.backward(y, {.gradient = tensor({1, 2, 3, -1}, {2, 2}, f64)});
  check_close(a.grad(), {-8, -3, 35, 91});
  check_close(b.grad(), {9, 4, 23, 1.75, 2.5, 1.5});
  check_close(layer.weight.grad(), {-5, -3, -10, 5, 1.5, 2.5, 4, 1, 1, 3, -0.5, -5.5});
  check_close(layer.bias.grad(), {4, 1});
}

TEST_CASE("Bilinear can be differentiated twice, also of one tensor with itself") {
  manual_seed(2);
  const nn::Bilinear layer(3, 3, 2, {.dtype = f64});
  const auto both = [&](const std::vector<Tensor>& x) { return layer(x[0], x[1]); };
  const auto itself = [&](const std::vector<Tensor>& x) { return layer(x[0], x[0]); };
  const Tensor a = randn({2, 2, 3}, f64), b = randn({2, 2, 3}, f64);
  for (const GradcheckResult& result : {gradcheck(both, {a, b}), gradgradcheck(both, {a, b}),
                                        gradcheck(itself, {a}), gradgradcheck(itself, {a})}) {
    CHECK_MESSAGE(result, result.report);
  }
}

TEST_CASE("Bilinear: leading axes, and sizes 0 and 1") {
  const nn::Bilinear layer(2, 3, 4);
  CHECK(layer(ones({2}), ones({3})).shape() == Shape{4});
  CHECK(layer(ones({6, 5, 2}), ones({6, 5, 3})).shape() == Shape{6, 5, 4});
  CHECK(layer(ones({1, 1, 1, 1, 1, 1, 5, 2}), ones({1, 1, 1, 1, 1, 1, 5, 3})).shape() ==
        Shape{1, 1, 1, 1, 1, 1, 5, 4});
  CHECK(layer(ones({5, 0, 2}), ones({5, 0, 3})).shape() == Shape{5, 0, 4});
  CHECK(nn::Bilinear(2, 2, 0)(ones({3, 2}), ones({3, 2})).shape() == Shape{3, 0});
  CHECK(nn::Bilinear(1, 1, 1)(ones({1, 1}), ones({1, 1})).shape() == Shape{1, 1});
  for (const nn::Bilinear& none : {nn::Bilinear(0, 3, 2), nn::Bilinear(3, 0, 2)}) {
    const Shape a{2, none.weight.size(1)}, b{2, none.weight.size(2)};
    const std::vector<double> bias{none.bias.data<float>()[0], none.bias.data<float>()[1]};
    check_close(none(ones(a), ones(b)), {bias[0], bias[1], bias[0], bias[1]});
  }
}

TEST_CASE("Bilinear: inputs that do not fit") {
  const nn::Bilinear layer(2, 3, 4);
  CHECK_THROWS_WITH_AS(layer(ones({5, 3}), ones({5, 3})),
                       "Bilinear: inputs are (5, 3) and (5, 3), weight (4, 2, 3) expects (…, 2) "
                       "and (…, 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(layer(ones({2}), ones({})),
                       "Bilinear: inputs are (2,) and (), weight (4, 2, 3) expects (…, 2) and "
                       "(…, 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(layer(ones({5, 2}), ones({1, 3})),
                       "Bilinear: leading axes differ: inputs are (5, 2) and (1, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(layer(ones({2}), ones({5, 3})),
                       "Bilinear: leading axes differ: inputs are (2,) and (5, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(layer(ones({5, 2}), ones({5, 3}, f64)),
                       "Bilinear: dtypes differ: f32 and f64", DTypeError);
  CHECK_THROWS_WITH_AS(layer(ones({5, 2}, f64), ones({5, 3}, f64)),
                       "Bilinear: dtypes differ: f64 and f32", DTypeError);
  CHECK_THROWS_WITH_AS(nn::Bilinear(2, 3, -1),
                       "a tensor cannot have the shape (-1, 2, 3): a size is negative", ShapeError);
}

TEST_CASE("Bilinear's names and options") {
  const StateDict state = nn::Bilinear(2, 3, 4).state_dict();
  REQUIRE(state.size() == 2);
  CHECK(state["weight"].shape() == Shape{4, 2, 3});
  CHECK(state["bias"].shape() == Shape{4});
  const nn::Bilinear plain(2, 3, 4, {.bias = false, .dtype = f64});
  CHECK_FALSE(plain.bias.defined());
  CHECK(plain.parameters().size() == 1);
  CHECK(plain.weight.dtype() == f64);
  CHECK(plain.weight.requires_grad());
  check_close(plain(ones({2}, f64), zeros({3}, f64)), {0, 0, 0, 0});
}

TEST_CASE("Bilinear starts uniform in ±1/√in1, by the seed") {
  manual_seed(5);
  const nn::Bilinear layer(25, 8, 400, {.dtype = f64});
  const double bound = 0.2;
  for (const Tensor& p : layer.parameters()) {
    const auto [low, high] = std::ranges::minmax(p.data<double>());
    CHECK(low >= -bound);
    CHECK(low < -0.97 * bound);
    CHECK(high < bound);
    CHECK(high > 0.97 * bound);
  }
  CHECK(var(layer.weight).item() == doctest::Approx(bound * bound / 3).epsilon(0.02));

  manual_seed(5);
  const nn::Bilinear again(25, 8, 400, {.dtype = f64});
  CHECK(std::ranges::equal(again.weight.data<double>(), layer.weight.data<double>()));
  CHECK(std::ranges::equal(again.bias.data<double>(), layer.bias.data<double>()));
}
