#include <doctest/doctest.h>
#include <engram/autograd/ops/copy.h>
#include <engram/engram.h>

#include <cmath>

#include "values.h"

// `Tape::gradient`, `Tape::per_sample_squares` and `Tape::layer_factors`.
using namespace engram;

namespace {

Tensor parameter(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  const Tensor x = randn(shape, f64, generator);
  x.set_requires_grad();
  return x;
}

}  // namespace

TEST_CASE("gradient: leaves .grad() alone and follows the order of x") {
  const Tensor a = tensor({2}, f64), b = tensor({5}, f64);
  a.set_requires_grad();
  b.set_requires_grad();
  Tape tape;
  const std::vector<Tensor> gradients = tape.gradient(a * b, {b, a, b});
  CHECK(gradients[0].item() == 2);
  CHECK(gradients[1].item() == 5);
  CHECK(gradients[2].item() == 2);
  CHECK_FALSE(a.grad().defined());
}

TEST_CASE("gradient: of tensors in between, at any distance, and of y itself") {
  const Tensor x = tensor({3}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor near_x = square(x);
  const Tensor middle = near_x * 2;
  const Tensor y = exp(log(sqrt(middle)));
  const std::vector<Tensor> gradients = tape.gradient(y, {near_x, y, middle, x});
  CHECK(gradients[0].item() == doctest::Approx(std::sqrt(2) / 6));
  CHECK(gradients[1].item() == 1);
  CHECK(gradients[2].item() == doctest::Approx(1 / (2 * std::sqrt(18))));
  CHECK(gradients[3].item() == doctest::Approx(std::sqrt(2)));
}

TEST_CASE("gradient: of a tensor in between alone") {
  const Tensor x = tensor({3}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor middle = square(x);
  const Tensor y = exp(log(sqrt(middle)));
  CHECK(tape.gradient(y, {middle})[0].item() == doctest::Approx(1.0 / 6));
}

TEST_CASE("gradient: what y does not depend on is an error, or undefined") {
  const Tensor x = tensor({2}, f64), other = tensor({3}, f64);
  x.set_requires_grad();
  other.set_requires_grad();
  Tape tape;
  const Tensor early = exp(other), y = square(x), late = y * 2;
  CHECK_THROWS_WITH_AS(tape.gradient(y, {x, other}, {.retain_graph = true}),
                       "gradient: y does not depend on x[1]", AutogradError);
  const GradientOptions unused = {.retain_graph = true, .allow_unused = true};
  const std::vector<Tensor> gradients = tape.gradient(y, {other, x, early, late}, unused);
  CHECK_FALSE(gradients[0].defined());
  CHECK(gradients[1].item() == 4);
  CHECK_FALSE(gradients[2].defined());
  CHECK_FALSE(gradients[3].defined());
  CHECK(tape.gradient(y, {}, unused).empty());
  CHECK_THROWS_AS(tape.gradient(y, {Tensor()}, unused), Error);
}

TEST_CASE("gradient: of a wrong shape or dtype") {
  const Tensor x = tensor({2, 3}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor y = square(x);
  CHECK_THROWS_WITH_AS(
      tape.gradient(y, {x}),
      "gradient: y has shape (2,); a gradient must be given unless it has one element",
      AutogradError);
  CHECK_THROWS_WITH_AS(tape.gradient(y, {x}, {.gradient = ones({1, 2}, f64)}),
                       "gradient: the gradient is (1, 2), y is (2,)", ShapeError);
  CHECK_THROWS_WITH_AS(tape.gradient(y, {x}, {.gradient = ones({2})}),
                       "gradient: the gradient is f32, y is f64", DTypeError);
}

TEST_CASE("gradient: create_graph up to the third order") {
  const Tensor x = tensor({2}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor y = pow(x, 5) + sin(x);
  const Tensor first = tape.gradient(y, {x}, {.create_graph = true})[0];
  const Tensor second = tape.gradient(first, {x}, {.create_graph = true})[0];
  const Tensor third = tape.gradient(second, {x})[0];
  CHECK(first.item() == doctest::Approx(5 * 16 + std::cos(2)));
  CHECK(second.item() == doctest::Approx(20 * 8 - std::sin(2)));
  CHECK(third.item() == doctest::Approx(60 * 4 - std::cos(2)));
  CHECK(third.requires_grad() == false);
}

TEST_CASE("gradient: a penalty on the gradient's norm reaches the parameters by backward") {
  const Tensor x = tensor({1, 2}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor dx = tape.gradient(sum(x * x * x), {x}, {.create_graph = true})[0];
  tape.backward(sum(square(dx)));  // Σ 9x⁴
  CHECK(values(x.grad()) == Values{36, 288});
}

TEST_CASE("per_sample_squares: of a dense layer are those of batches of one") {
  const Tensor weight = parameter({3, 4}, 1), bias = parameter({3}, 2), last = parameter({2, 3}, 3);
  const Tensor x = detach(parameter({5, 4}, 4)), gradient = detach(parameter({5, 2}, 5));
  const auto net = [&](const Tensor& batch) {
    return linear(tanh(linear(batch, weight, bias)), last);
  };

  std::vector<Tensor> expected;
  for (const Tensor& each : {weight, bias, last}) expected.push_back(zeros_like(each));
  for (std::int64_t n = 0; n < 5; ++n) {
    Tape tape;
    const std::vector<Tensor> one = tape.gradient(net(view(x, {1, 4}, n * 4)), {weight, bias, last},
                                                  {.gradient = view(gradient, {1, 2}, n * 2)});
    const NoGrad no_grad;
    for (std::size_t k = 0; k < one.size(); ++k) expected[k] = expected[k] + square(one[k]);
  }

  Tape tape;
  const Tensor y = net(x);
  const auto squares = tape.per_sample_squares(y, {weight, bias, last}, {gradient});
  REQUIRE(squares.has_value());
  for (std::size_t k = 0; k < expected.size(); ++k) {
    CAPTURE(k);
    CHECK(max(abs((*squares)[k] - expected[k])).item() <= 1e-12 * max(expected[k]).item());
  }
  // The square of the batch's gradient is another thing, and the recording is kept for it.
  const Tensor batch = tape.gradient(y, {weight}, {.gradient = gradient})[0];
  const NoGrad no_grad;
  CHECK(max(abs(square(batch) - expected[0])).item() > 0.1 * max(expected[0]).item());
}

TEST_CASE("per_sample_squares: of several cotangents are the sum of those of each") {
  const Tensor kernel = parameter({2, 1, 2, 2}, 1), kernel_bias = parameter({2}, 2);
  const Tensor weight = parameter({4, 8}, 3), bias = parameter({4}, 4), last = parameter({3, 4}, 5);
  const std::vector<Tensor> parameters = {kernel, kernel_bias, weight, bias, last};
  const Tensor x = detach(parameter({5, 1, 3, 3}, 6));
  Tape tape;
  const Tensor h = tanh(conv2d(x, kernel, kernel_bias));
  const Tensor y = linear(tanh(linear(reshape(h, {5, 8}), weight, bias)), last);
  std::vector<Tensor> cotangents, expected;
  for (const Tensor& each : parameters) expected.push_back(zeros_like(each));
  for (std::uint64_t seed = 7; seed < 10; ++seed) {
    cotangents.push_back(detach(parameter({5, 3}, seed)));
    const auto one = tape.per_sample_squares(y, parameters, {cotangents.back()});
    REQUIRE(one);
    const NoGrad no_grad;
    for (std::size_t k = 0; k < expected.size(); ++k) expected[k] = expected[k] + (*one)[k];
  }

  const auto squares = tape.per_sample_squares(y, parameters, cotangents);
  REQUIRE(squares);
  const NoGrad no_grad;
  for (std::size_t k = 0; k < expected.size(); ++k) {
    CAPTURE(k);
    CHECK(max(abs((*squares)[k] - expected[k])).item() <= 1e-12 * max(expected[k]).item());
  }
  const auto none = tape.per_sample_squares(y, {weight}, {});
  REQUIRE(none);
  CHECK_FALSE((*none)[0].defined());
}

TEST_CASE("per_sample_squares: nothing where there is no formula for it") {
  const Tensor weight = parameter({4, 4}, 1), x = detach(parameter({2, 4}, 2));
  const Tensor gradient = ones({2, 4}, f64);
  {
    Tape tape;  // used twice
    const Tensor y = linear(linear(x, weight), weight);
    CHECK_FALSE(tape.per_sample_squares(y, {weight}, {gradient}).has_value());
    CHECK_FALSE(tape.per_sample_squares(y, {weight}, {gradient, gradient}).has_value());
  }
  {
    Tape tape;  // an operation that knows nothing of samples
    const Tensor y = matmul(x, weight);
    CHECK_FALSE(tape.per_sample_squares(y, {weight}, {gradient}).has_value());
  }
  {
    Tape tape;  // rows that are not the samples
    const Tensor y =
        reshape(linear(reshape(x, {4, 2}), slice(slice(weight, 0, 0, 2), 1, 0, 2)), {2, 4});
    CHECK_FALSE(tape.per_sample_squares(y, {weight}, {gradient}).has_value());
  }
  Tape tape;
  const Tensor narrow = parameter({2, 2}, 3);
  const Tensor y = reshape(linear(reshape(x, {4, 2}), narrow), {2, 4});
  CHECK_FALSE(tape.per_sample_squares(y, {narrow}, {gradient}).has_value());
}

TEST_CASE("layer_factors: their product is the weight's gradient") {
  const Tensor kernel = parameter({2, 3, 2, 3}, 1), kernel_bias = parameter({2}, 2);
  const Tensor weight = parameter({4, 3}, 3), bias = parameter({4}, 4), last = parameter({2, 4}, 5);
  const std::vector<Tensor> parameters = {last, kernel, bias, kernel_bias, weight};
  const Tensor x = detach(parameter({5, 3, 4, 5}, 6)), cotangent = detach(parameter({10, 2}, 7));
  Tape tape;
  const Tensor h = tanh(conv2d(x, kernel, kernel_bias, {.stride = {2, 3}, .padding = {1, 2}}));
  REQUIRE(h.shape() == Shape{5, 2, 3, 3});
  // Rows of three positions, six to an image, of which the product knows nothing.
  const Tensor rows = slice(reshape(h, {30, 3}), 0, 0, 10);
  const Tensor y = linear(tanh(linear(rows, weight, bias)), last);
  const auto layers = tape.layer_factors(y, parameters, cotangent);
  const auto gradients =
      tape.gradient(y, {kernel, kernel_bias, weight, bias, last}, {.gradient = cotangent});
  REQUIRE(layers.size() == 3);
  const NoGrad no_grad;
  const std::vector<Tensor> weights = {kernel, weight, last};
  for (std::size_t k = 0; k < 3; ++k) {
    CAPTURE(k);
    CHECK(layers[k].weight.is(weights[k]));
    const Tensor product = matmul(layers[k].gradient, layers[k].input, {.transpose_a = true});
    CHECK(max(abs(reshape(product, weights[k].shape()) - gradients[2 * k])).item() < 1e-13);
    CHECK_FALSE(layers[k].input.requires_grad());
    if (k == 2) continue;
    CHECK(max(abs(sum(layers[k].gradient, {0}) - gradients[2 * k + 1])).item() < 1e-13);
  }
  CHECK(layers[1].bias.is(bias));
  CHECK_FALSE(layers[2].bias.defined());
  CHECK(layers[0].input.shape() == Shape{45, 18});
  CHECK(layers[2].gradient.shape() == Shape{10, 2});
}

TEST_CASE("layer_factors: leaves out what is not the product of one layer") {
  const Tensor twice = parameter({3, 3}, 1), gained = parameter({3, 3}, 2);
  const Tensor once = parameter({3, 3}, 3), bias = parameter({3}, 4), idle = parameter({3, 3}, 5);
  const Tensor x = detach(parameter({2, 3}, 6));
  Tape tape;
  const Tensor h = linear(linear(linear(x, twice), once), twice);
  const Tensor y = linear(linear(h, gained), detach(idle), bias) + sum(gained);
  const auto layers = tape.layer_factors(y, {twice, gained, once, bias, idle}, ones_like(y));
  REQUIRE(layers.size() == 1);
  CHECK(layers[0].weight.is(once));
  CHECK_FALSE(layers[0].bias.defined());

  // A bias that two layers share has the sum of two gradients.
  const Tensor z = linear(linear(x, once, bias), gained, bias);
  CHECK(tape.layer_factors(z, {once, gained, bias}, ones_like(z)).empty());
  // Two groups are two products.
  const Tensor kernel = parameter({2, 1, 1, 1}, 7);
  const Tensor image = conv2d(reshape(x, {1, 2, 1, 3}), kernel, {}, {.groups = 2});
  CHECK(tape.layer_factors(image, {kernel}, ones_like(image)).empty());
  CHECK_THROWS_WITH_AS(tape.layer_factors(y, {once}, bias),
                       "layer_factors: the gradient is (3,), y is (2, 3)", ShapeError);
}
