#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/nn/layers/dropout.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace engram;

TEST_CASE("Dropout zeroes and scales while training, and does nothing in evaluation") {
  manual_seed(1);
  const nn::Dropout dropout(0.25);
  const Tensor x = ones({10'000});
  const Tensor y = dropout(x);
  const auto values = y.data<float>();
  const auto zeroed = std::ranges::count(values, 0.f);
  const auto scaled =
      std::ranges::count_if(values, [](float v) { return std::abs(v - 4.f / 3) < 1e-6f; });
  CHECK(zeroed + scaled == 10'000);
  CHECK(zeroed > 2300);
  CHECK(zeroed < 2700);
  CHECK_FALSE(std::ranges::equal(dropout(x).data<float>(), y.data<float>()));

  dropout.eval();
  CHECK(std::ranges::equal(dropout(x).data<float>(), x.data<float>()));
}

TEST_CASE("Dropout's ends") {
  CHECK(nn::Dropout(0)(ones({3})).data<float>()[1] == 1);
  CHECK(nn::Dropout(1)(ones({3})).data<float>()[1] == 0);
  CHECK(nn::Dropout()(ones({0})).shape() == Shape{0});
  CHECK_THROWS_WITH_AS(nn::Dropout(1.5), "Dropout: p must be in [0, 1], got 1.5", Error);
  CHECK_THROWS_WITH_AS(nn::Dropout(-0.5), "Dropout: p must be in [0, 1], got -0.5", Error);
}
