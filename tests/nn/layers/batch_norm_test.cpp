#include "../../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/tape.h>
#include <engram/nn/layers/batch_norm.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("BatchNorm1d follows PyTorch through training and evaluation") {
  const nn::BatchNorm1d layer(2, {.dtype = f64});
  layer.load_state_dict({{"weight", tensor({2, 0.5}, f64)}, {"bias", tensor({1, -1}, f64)}},
                        {.strict = false});
  const Tensor x = tensor({1, 2, 3, -4, 8, 5}, {3, 2}, f64);
  check_close(layer(x), {-1.038097, -0.8663694, 0.3206342, -1.668153, 3.717463, -0.4654777}, 2e-6);
  check_close(layer.running_mean, {0.4, 0.1}, 2e-6);
  check_close(layer.running_var, {2.2, 3}, 2e-6);
  CHECK(layer.num_batches_tracked.item() == 1);

  layer.eval();
  check_close(layer(x), {1.809038, -0.4515182, 4.505831, -2.183566, 11.24781, 0.4145058}, 2e-6);
  check_close(layer.running_mean, {0.4, 0.1}, 2e-6);
  CHECK(layer.num_batches_tracked.item() == 1);
  CHECK(layer(ones({1, 2, 5}, f64)).shape() == Shape{1, 2, 5});
}

TEST_CASE("without momentum the running statistics are the mean over all batches") {
  const nn::BatchNorm2d layer(2, {.momentum = std::nullopt, .affine = false, .dtype = f64});
  CHECK(layer.parameters().empty());
  const Tensor x = tensor({0, 5, 3, 1, 6, 4, 2, 0}, {2, 2, 1, 2}, f64);
  const std::vector<double> y = {-1.646462, 0.5488208, 1.341635,  -0.4472118,
                                 0.9878774, 0.1097642, 0.4472118, -1.341635};
  check_close(layer(x), y, 2e-6);
  layer(2 * x + 1);
  check_close(layer.running_mean, {6.125, 2.75}, 2e-6);
  check_close(layer.running_var, {17.29167, 4.166667}, 2e-6);
  CHECK(layer.num_batches_tracked.item() == 2);

  const nn::BatchNorm2d forgetful(2, {.track_running_stats = false, .dtype = f64});
  forgetful.eval();
  CHECK(forgetful.named_buffers().empty());
  check_close(forgetful(x), y, 2e-6);
}

TEST_CASE("the state of BatchNorm has PyTorch's names and order") {
  std::vector<std::string> names;
  for (const auto& entry : nn::BatchNorm2d(3).state_dict()) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"weight", "bias", "running_mean", "running_var",
                                          "num_batches_tracked"});
  CHECK(nn::BatchNorm1d(3).type() == "BatchNorm1d");
}

TEST_CASE("gradients reach BatchNorm's parameters") {
  const nn::BatchNorm1d layer(1, {.dtype = f64});
  Tape tape;
  const Tensor y = layer(tensor({-1, 1}, {2, 1}, f64));
  tape.backward(sum(y * tensor({1, 3}, {2, 1}, f64)));
  check_close(layer.weight.grad(), {1.99999}, 2e-6);
  check_close(layer.bias.grad(), {4}, 2e-6);
}

TEST_CASE("BatchNorm refuses other ranks, and what fails is not counted") {
  const nn::BatchNorm1d one(2);
  const nn::BatchNorm2d two(2);
  CHECK_THROWS_WITH_AS(
      one(ones({2})),
      "BatchNorm1d: the input must be (n, features) or (n, features, length), got (2,)",
      ShapeError);
  CHECK_THROWS_WITH_AS(two(ones({2, 2})),
                       "BatchNorm2d: the input must be (n, features, h, w), got (2, 2)",
                       ShapeError);
  CHECK_THROWS_AS(one(ones({1, 2})), ShapeError);  // a variance of one element
  CHECK(one.num_batches_tracked.item() == 0);
}
