#include "near.h"

#include <engram/autograd/create.h>
#include <engram/nn/activation.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("activation layers have PyTorch's values and defaults") {
  const Tensor x = tensor({-25, -1, 0, 0.5, 30}, f64);
  CHECK(near(nn::ReLU()(x), {0, 0, 0, 0.5, 30}));
  CHECK(near(nn::LeakyReLU()(x), {-0.25, -0.01, 0, 0.5, 30}));
  CHECK(near(nn::LeakyReLU(0.2)(x), {-5, -0.2, 0, 0.5, 30}));
  CHECK(near(nn::GELU()(x), {0, -0.1586553, 0, 0.3457312, 30}));
  CHECK(near(nn::Tanh()(x), {-1, -0.7615942, 0, 0.4621172, 1}));
  CHECK(near(nn::Sigmoid()(x), {0, 0.2689414, 0.5, 0.6224593, 1}));
  CHECK(near(nn::Softplus()(x), {0, 0.3132617, 0.6931472, 0.974077, 30}));
  CHECK(near(nn::Softplus({.beta = 2, .threshold = 0.9})(x), {0, 0.06346401, 0.3465736, 0.5, 30}));
}

TEST_CASE("softmax layers normalise along their axis") {
  const Tensor x = tensor({1, 2, 3, 0, 0, 5}, {2, 3}, f64);
  CHECK(near(nn::Softmax(1)(x),
             {0.09003057, 0.2447285, 0.665241, 0.006648354, 0.006648354, 0.9867033}));
  CHECK(
      near(nn::Softmax(0)(x), {0.7310586, 0.8807971, 0.1192029, 0.2689414, 0.1192029, 0.8807971}));
  CHECK(near(nn::LogSoftmax(-1)(x),
             {-2.407606, -1.407606, -0.407606, -5.013386, -5.013386, -0.0133859}));
}

TEST_CASE("activation layers have nothing to learn") {
  CHECK(nn::ReLU().state_dict().empty());
  CHECK(nn::Softplus().type() == "Softplus");
}
