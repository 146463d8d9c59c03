#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/nn/layers/linear.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace engram;

namespace {

std::vector<float> values(const Tensor& x) {
  return {x.data<float>().begin(), x.data<float>().end()};
}

}  // namespace

TEST_CASE("Linear computes x·Wᵀ + b over the last axis") {
  const nn::Linear layer(3, 2);
  layer.load_state_dict(
      {{"weight", tensor({1, 2, 3, 4, 5, 6}, {2, 3})}, {"bias", tensor({10, 20})}});
  CHECK(values(layer(tensor({1, 0, -1, 2, 1, 0}, {2, 3}))) == std::vector<float>{8, 18, 14, 33});
  CHECK(layer(ones({4, 5, 3})).shape() == Shape{4, 5, 2});
  CHECK(layer(ones({3})).shape() == Shape{2});
  CHECK(layer(ones({0, 3})).shape() == Shape{0, 2});
  CHECK_THROWS_WITH_AS(layer(ones({2, 4})), "linear: input is (2, 4), weight (2, 3) expects (…, 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(layer(ones({2, 3}, f64)), "linear: dtypes differ: f64 and f32", DTypeError);
}

TEST_CASE("Linear's options") {
  const nn::Linear plain(3, 2, {.bias = false, .dtype = f64});
  CHECK_FALSE(plain.bias.defined());
  CHECK(plain.parameters().size() == 1);
  CHECK(plain.weight.dtype() == f64);
  CHECK(plain.weight.requires_grad());
  CHECK(plain(ones({1, 3}, f64)).shape() == Shape{1, 2});
}

TEST_CASE("Linear of size 0 and 1") {
  CHECK(nn::Linear(0, 2)(ones({3, 0})).shape() == Shape{3, 2});
  CHECK(values(nn::Linear(0, 2).bias) == std::vector<float>{0, 0});
  CHECK(nn::Linear(2, 0)(ones({3, 2})).shape() == Shape{3, 0});
  CHECK(nn::Linear(1, 1)(ones({1, 1})).shape() == Shape{1, 1});
  CHECK_THROWS_WITH_AS(nn::Linear(-1, 2),
                       "a tensor cannot have the shape (2, -1): a size is negative", ShapeError);
}

TEST_CASE("Linear starts uniform in ±1/√in, by the seed") {
  manual_seed(5);
  const nn::Linear layer(100, 400, {.dtype = f64});
  const double bound = 0.1;
  for (const Tensor& p : layer.parameters()) {
    const auto [low, high] = std::ranges::minmax(p.data<double>());
    CHECK(low >= -bound);
    CHECK(low < -0.97 * bound);
    CHECK(high < bound);
    CHECK(high > 0.97 * bound);
  }
  CHECK(var(layer.weight).item() == doctest::Approx(bound * bound / 3).epsilon(0.02));

  manual_seed(5);
  const nn::Linear again(100, 400, {.dtype = f64});
  CHECK(std::ranges::equal(again.weight.data<double>(), layer.weight.data<double>()));
  CHECK(std::ranges::equal(again.bias.data<double>(), layer.bias.data<double>()));
  const nn::Linear other(100, 400, {.dtype = f64});
  CHECK_FALSE(std::ranges::equal(other.weight.data<double>(), layer.weight.data<double>()));
}

TEST_CASE("gradients reach Linear's parameters") {
  const nn::Linear layer(2, 1);
  layer.load_state_dict({{"weight", tensor({1, -1}, {1, 2})}, {"bias", tensor({0.5})}});
  Tape tape;
  // y = (-0.5, -0.5), so the gradient of Σ y² is -1 at each of them.
  tape.backward(sum(square(layer(tensor({1, 2, 3, 4}, {2, 2})))));
  CHECK(values(layer.weight.grad()) == std::vector<float>{-4, -6});
  CHECK(values(layer.bias.grad()) == std::vector<float>{-2});
}
