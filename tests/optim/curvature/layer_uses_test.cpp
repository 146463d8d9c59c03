#include <doctest/doctest.h>
#include <engram/engram.h>

using namespace engram;

namespace {

Tensor parameter(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  const Tensor x = randn(shape, f64, generator);
  x.set_requires_grad();
  return x;
}

}  // namespace

/// The rows of every layer's input and output gradient, of those that y depends on.
struct Rows {
  Tensor weight, bias, input, gradient;
};

std::vector<Rows> rows_of(Tape& tape, const Tensor& y, const optim::LayerUses& uses,
                          const Tensor& cotangent) {
  std::vector<Rows> rows;
  for (const optim::LayerUse& layer : uses.layers) {
    rows.push_back({layer.weight, layer.bias, layer.input_rows(), {}});
  }
  optim::visit_output_gradients(tape, y, cotangent, uses.layers,
                                [&](std::size_t k, const Tensor& gradient) {
                                  rows[k].gradient = uses.layers[k].gradient_rows(gradient);
                                });
  std::erase_if(rows, [](const Rows& each) { return !each.gradient.defined(); });
  return rows;
}

TEST_CASE("layer_uses: the product of a layer's rows is its weight's gradient") {
  const Tensor kernel = parameter({2, 3, 2, 3}, 1), kernel_bias = parameter({2}, 2);
  const Tensor weight = parameter({4, 3}, 3), bias = parameter({4}, 4), last = parameter({2, 4}, 5);
  const std::vector<Tensor> parameters = {last, kernel, bias, kernel_bias, weight};
  const Tensor x = detach(parameter({5, 3, 4, 5}, 6)), cotangent = detach(parameter({10, 2}, 7));
  Tape tape;
  Tensor y;
  const optim::LayerUses uses = optim::layer_uses(parameters, [&] {
    const Tensor h = tanh(conv2d(x, kernel, kernel_bias, {.stride = {2, 3}, .padding = {1, 2}}));
    REQUIRE(h.shape() == Shape{5, 2, 3, 3});
    // Rows of three positions, six to an image, unrelated to the samples.
    const Tensor rows = slice(reshape(h, {30, 3}), 0, 0, 10);
    y = linear(tanh(linear(rows, weight, bias)), last);
  });
  CHECK(uses.counts == std::vector<int>{1, 1, 1, 1, 1});
  const auto gradients = tape.gradient(y, {kernel, kernel_bias, weight, bias, last},
                                       {.gradient = cotangent, .retain_graph = true});
  const NoGrad no_grad;
  const auto layers = rows_of(tape, y, uses, cotangent);
  REQUIRE(layers.size() == 3);
  const std::vector<Tensor> weights = {kernel, weight, last};
  for (std::size_t k = 0; k < 3; ++k) {
    CAPTURE(k);
    CHECK(layers[k].weight.is(weights[k]));
    const Tensor product = matmul(layers[k].gradient, layers[k].input, {.transpose_a = true});
    CHECK(max(abs(reshape(product, weights[k].shape()) - gradients[2 * k])).item() < 1e-13);
    if (k == 2) continue;
    CHECK(max(abs(sum(layers[k].gradient, {0}) - gradients[2 * k + 1])).item() < 1e-13);
  }
  CHECK(layers[1].bias.is(bias));
  CHECK_FALSE(layers[2].bias.defined());
  CHECK(layers[0].input.shape() == Shape{45, 18});
  CHECK(layers[2].gradient.shape() == Shape{10, 2});
  CHECK(uses.layers[2].output == y.place());
}

TEST_CASE("layer_uses: leaves out what is not the product of one layer") {
  const Tensor twice = parameter({3, 3}, 1), gained = parameter({3, 3}, 2);
  const Tensor once = parameter({3, 3}, 3), bias = parameter({3}, 4), idle = parameter({3, 3}, 5);
  const Tensor x = detach(parameter({2, 3}, 6));
  Tape tape;
  const optim::LayerUses uses = optim::layer_uses({twice, gained, once, bias, idle}, [&] {
    const Tensor h = linear(linear(linear(x, twice), once), twice);
    return linear(linear(h, gained), detach(idle), bias) + sum(gained);
  });
  CHECK(uses.counts == std::vector<int>{2, 2, 1, 1, 1});
  REQUIRE(uses.layers.size() == 1);
  CHECK(uses.layers[0].weight.is(once));
  CHECK_FALSE(uses.layers[0].bias.defined());

  // A bias that two layers share has the sum of two gradients.
  const auto shared =
      optim::layer_uses({once, gained, bias}, [&] { linear(linear(x, once, bias), gained, bias); });
  CHECK(shared.layers.empty());
  // A layer that requires a gradient but is not among the parameters, and a frozen one.
  const auto others = optim::layer_uses({bias}, [&] { linear(x, once, bias); });
  CHECK(others.layers.empty());
  once.set_requires_grad(false);
  CHECK(optim::layer_uses({once}, [&] { linear(x, once); }).layers.empty());
}

TEST_CASE("layer_uses: a convolution in groups is a layer, but has no rows") {
  const Tensor kernel = parameter({2, 1, 1, 1}, 7), x = detach(parameter({1, 2, 1, 3}, 6));
  const auto uses = optim::layer_uses({kernel}, [&] {
    conv2d(x, kernel, {}, {.padding = {0, 1}, .groups = 2});
  });
  REQUIRE(uses.layers.size() == 1);
  CHECK(uses.layers[0].convolution->padding == Size2d(0, 1));
  CHECK_THROWS_WITH_AS(uses.layers[0].input_rows(), "conv2d_patches: needs one group, got 2",
                       Error);
}

TEST_CASE("visit_output_gradients: what does not fit, and a layer that y does not depend on") {
  const Tensor weight = parameter({3, 3}, 1), x = detach(parameter({2, 3}, 6));
  Tape tape;
  Tensor early, y;
  const auto uses = optim::layer_uses({weight}, [&] {
    early = square(x + sum(weight));
    y = linear(x, weight);
  });
  const Tensor lone = parameter({3, 3}, 2);
  const auto late = optim::layer_uses({lone}, [&] { linear(x, lone); });
  CHECK_THROWS_WITH_AS(optim::visit_output_gradients(tape, y, ones({3}, f64), uses.layers,
                                                     [](std::size_t, const Tensor&) {}),
                       "backward: the gradient is (3,), y is (2, 3)", ShapeError);
  optim::visit_output_gradients(tape, y, ones_like(y), late.layers, [](std::size_t, const Tensor&) {
    FAIL("y does not depend on it");
  });
}
