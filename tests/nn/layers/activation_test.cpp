#include "../../close.h"

#include <engram/autograd/create.h>
#include <engram/nn/layers/activation.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("activation layers have PyTorch's values and defaults") {
  const Tensor x = tensor({-25, -1, 0, 0.5, 30}, f64);
  check_close(nn::ReLU()(x), {0, 0, 0, 0.5, 30}, 2e-6);
  check_close(nn::LeakyReLU()(x), {-0.25, -0.01, 0, 0.5, 30}, 2e-6);
  check_close(nn::LeakyReLU(0.2)(x), {-5, -0.2, 0, 0.5, 30}, 2e-6);
  check_close(nn::GELU()(x), {0, -0.1586553, 0, 0.3457312, 30}, 2e-6);
  check_close(nn::Tanh()(x), {-1, -0.7615942, 0, 0.4621172, 1}, 2e-6);
  check_close(nn::Sigmoid()(x), {0, 0.2689414, 0.5, 0.6224593, 1}, 2e-6);
  check_close(nn::Softplus()(x), {0, 0.3132617, 0.6931472, 0.974077, 30}, 2e-6);
  check_close(nn::Softplus({.beta = 2, .threshold = 0.9})(x), {0, 0.06346401, 0.3465736, 0.5, 30},
              2e-6);
}

TEST_CASE("softmax layers normalise along their axis") {
  const Tensor x = tensor({1, 2, 3, 0, 0, 5}, {2, 3}, f64);
  check_close(nn::Softmax(1)(x),
              {0.09003057, 0.2447285, 0.665241, 0.006648354, 0.006648354, 0.9867033}, 2e-6);
  check_close(nn::Softmax(0)(x), {0.7310586, 0.8807971, 0.1192029, 0.2689414, 0.1192029, 0.8807971},
              2e-6);
  check_close(nn::LogSoftmax(-1)(x),
              {-2.407606, -1.407606, -0.407606, -5.013386, -5.013386, -0.0133859}, 2e-6);
}

TEST_CASE("activation layers have nothing to learn") {
  CHECK(nn::ReLU().state_dict().empty());
  CHECK(nn::Softplus().type() == "Softplus");
}
