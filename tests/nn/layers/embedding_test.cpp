#include "../../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/nn/layers/embedding.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("Embedding returns rows of its weight, and they learn") {
  const nn::Embedding layer(3, 2);
  layer.load_state_dict({{"weight", tensor({1, 2, 3, 4, 5, 6}, {3, 2})}});
  const Tensor index = tensor({2, 0, 2}, {3, 1}, i64);
  CHECK(layer(index).shape() == Shape{3, 1, 2});
  check_close(layer(index), {5, 6, 1, 2, 5, 6}, 2e-6);
  CHECK(layer(zeros({0}, i64)).shape() == Shape{0, 2});
  Tape tape;
  tape.backward(sum(layer(index) * tensor({1, 10, 2, 20, 3, 30}, {3, 1, 2})));
  check_close(layer.weight.grad(), {2, 20, 0, 0, 4, 40}, 2e-6);
}

TEST_CASE("the padding row starts as 0, is returned as it is, and gets no gradient") {
  for (const std::int64_t padding : {1, -2}) {
    const nn::Embedding layer(3, 2, {.padding_idx = padding, .dtype = f64});
    const auto w = layer.weight.data<double>();
    CHECK(w[2] == 0);
    CHECK(w[3] == 0);
    CHECK(w[1] != 0);
    w[2] = 7;
    Tape tape;
    const Tensor y = layer(tensor({1, 2, 1}, i64));
    check_close(y, {7, 0, w[4], w[5], 7, 0}, 2e-6);
    tape.backward(sum(y));
    check_close(layer.weight.grad(), {0, 0, 0, 0, 1, 1}, 2e-6);
  }
  CHECK_THROWS_WITH_AS(nn::Embedding(3, 2, {.padding_idx = 3}),
                       "Embedding: padding_idx 3 is out of range for 3 rows", Error);
  CHECK_THROWS_WITH_AS(nn::Embedding(0, 2, {.padding_idx = 0}),
                       "Embedding: padding_idx 0 is out of range for 0 rows", Error);
}

TEST_CASE("Embedding starts standard normal") {
  manual_seed(3);
  const nn::Embedding layer(200, 100, {.dtype = f64});
  CHECK(mean(layer.weight).item() == doctest::Approx(0).epsilon(0.02));
  CHECK(var(layer.weight).item() == doctest::Approx(1).epsilon(0.03));
}
