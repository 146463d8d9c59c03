#include "../../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/nn/layers/conv2d.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace engram;

TEST_CASE("Conv2d has PyTorch's values and gradients") {
  const nn::Conv2d layer(2, 2, {2, 3},
                         {.stride = {1, 2}, .padding = {0, 1}, .groups = 2, .dtype = f64});
  layer.load_state_dict(
      {{"weight", tensor({-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5}, {2, 1, 2, 3}, f64)},
       {"bias", tensor({1, -1}, f64)}});
  Tensor x({2, 2, 3, 4}, f64);
  for (std::size_t i = 0; i < 48; ++i) x.data<double>()[i] = static_cast<double>(i % 7) - 3;

  Tape tape;
  const Tensor y = layer(x);
  CHECK(y.shape() == Shape{2, 2, 2, 2});
  check_close(y, {8.5, 4, -3, -3.5, 5, 3.5, -4, -12.5, -1, -6, 8.5, 4, 10.5, -8.5, 5, 3.5}, 2e-6);
  tape.backward(sum(square(y)));
  check_close(layer.weight.grad(), {-58, -169, -97, 63, 112, 23, 59, -61, -56, 24, 113, 174}, 2e-6);
  check_close(layer.bias.grad(), {23, 5}, 2e-6);
}

TEST_CASE("Conv2d's options") {
  const nn::Conv2d layer(3, 8, 5, {.padding = 2, .bias = false});
  CHECK(layer.weight.shape() == Shape{8, 3, 5, 5});
  CHECK_FALSE(layer.bias.defined());
  CHECK(layer(ones({2, 3, 7, 9})).shape() == Shape{2, 8, 7, 9});
  CHECK(nn::Conv2d(1, 1, 3, {.dilation = 2})(ones({1, 1, 5, 5})).shape() == Shape{1, 1, 1, 1});
  CHECK_THROWS_WITH_AS(nn::Conv2d(3, 4, 1, {.groups = 2}),
                       "Conv2d: 2 groups do not divide 3 channels in and 4 out", Error);
  CHECK_THROWS_WITH_AS(nn::Conv2d(3, 4, 1, {.groups = 0}),
                       "Conv2d: 0 groups do not divide 3 channels in and 4 out", Error);
  CHECK_THROWS_WITH_AS(nn::Conv2d(1, 1, {3, 0}), "Conv2d: the kernel is 3 by 0", Error);
}

TEST_CASE("Conv2d starts uniform in ±1/√fan_in") {
  manual_seed(2);
  const nn::Conv2d layer(8, 100, 5, {.groups = 2, .dtype = f64});
  const double bound = 1 / std::sqrt(8 / 2 * 25);
  for (const Tensor& p : layer.parameters()) {
    CHECK(max(p).item() < bound);
    CHECK(max(p).item() > 0.9 * bound);
    CHECK(min(p).item() >= -bound);
    CHECK(min(p).item() < -0.9 * bound);
  }
  CHECK(var(layer.weight).item() == doctest::Approx(bound * bound / 3).epsilon(0.03));
}
