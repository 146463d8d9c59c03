#include <doctest/doctest.h>
#include <engram/engram.h>

#include "small_network.h"

#include <array>

using namespace engram;
using namespace engram::continual;

TEST_CASE("find_layers: what a layer is made of, and which is the head") {
  manual_seed(0);
  const nn::Sequential net(nn::Conv2d(2, 3, {2, 3}), nn::ReLU(), nn::Flatten(),
                           nn::Linear(3 * 3 * 2, 7, {.bias = false}), nn::Linear(7, 4));
  const continual::Task task = task_of(rand({2, 2, 4, 4}), tensor({0, 3}, i64), {0, 4});
  const std::vector<Layer> layers = find_layers("here", net, task);
  REQUIRE(layers.size() == 3);
  CHECK(layers[0].in == 2 * 2 * 3 + 1);
  CHECK(layers[0].out == 3);
  CHECK(layers[0].bias_number == 1);
  CHECK_FALSE(layers[0].head);
  CHECK(layers[1].number == 2);
  CHECK(layers[1].in == 18);
  CHECK_FALSE(layers[1].bias.defined());
  CHECK_FALSE(layers[1].head);
  CHECK(layers[2].bias.is(net.parameters()[4]));
  CHECK(layers[2].in == 8);
  CHECK(layers[2].out == 4);
  CHECK(layers[2].head);
}

namespace {

/// Learns its weight alone: the bias requires a gradient, but is not among the parameters.
struct WeightAlone {
  nn::Linear linear = nn::Linear(2, 3);
  Tensor operator()(const Tensor& x) const { return linear(x); }
  std::vector<Tensor> parameters() const { return {linear.weight}; }
  nn::EvalMode eval_mode() const { return linear.eval_mode(); }
};

}  // namespace

TEST_CASE("a bias that is none of the network's parameters is no part of its layer") {
  const WeightAlone net;
  const continual::Task task = task_of(ones({2, 2}), zeros({2}, i64), {0, 3});
  const std::vector<Layer> layers = find_layers("here", net, task);
  REQUIRE(layers.size() == 1);
  CHECK_FALSE(layers[0].bias.defined());
  CHECK(layers[0].in == 2);
  CHECK_NOTHROW(check_layers("here", net, layers));
  CHECK(kronecker_fisher(net, layers, task, {})[0].inputs.shape() == Shape{2, 2});
}

TEST_CASE("find_layers: names the parameter that is of no layer") {
  const nn::Sequential net(nn::Linear(2, 3), nn::LayerNorm({3}));
  const continual::Task task = task_of(zeros({1, 2}), zeros({1}, i64), {0, 3});
  CHECK_THROWS_WITH_AS(find_layers("here", net, task),
                       "here: parameter 2, (3,), is not of a dense or convolution layer (in one "
                       "group) that is used once",
                       Error);
  CHECK_THROWS_WITH_AS(
      find_layers("here", nn::Linear(2, 2), task_of(zeros({0, 2}), zeros({0}, i64), {0, 2}, 4)),
      "here: the data set of task 4 is empty", DataError);
}

TEST_CASE("input_moments: by hand, of all samples and of some") {
  const nn::Linear net(2, 2);
  const continual::Task task = task_of(tensor({1, 2, 3, -1}, {2, 2}), tensor({0, 1}, i64), {0, 2});
  const std::vector<Layer> layers = find_layers("here", net, task);
  Generator generator;
  const Tensor moment = input_moments(net, layers, task, 0, generator)[0];
  CHECK(distance(moment, tensor({5, -0.5, 2, -0.5, 2.5, 0.5, 2, 0.5, 1}, {3, 3}, f64)) == 0);
  // Of one sample it is one of the two.
  const Tensor one = input_moments(net, layers, task, 1, generator)[0];
  const Tensor first = tensor({1, 2, 1, 2, 4, 2, 1, 2, 1}, {3, 3}, f64);
  CHECK((distance(one, first) == 0 || distance(one, 2 * moment - first) == 0));
}

TEST_CASE("kronecker_fisher: of two samples, of every label, and in batches") {
  const SmallNetwork net = two_layers(3, 4, true, [](const Tensor& x) { return tanh(x); });
  Generator generator(5);
  const continual::Task task =
      task_of(randn({6, 3}, f64, generator), tensor({0, 1, 2, 3, 3, 1}, i64), {0, 4});
  const std::vector<Layer> layers = find_layers("here", net, task);
  const auto factors = kronecker_fisher(net, layers, task, {.samples = 0, .batch = 4});

  // By the definition, one sample and one label at a time.
  const Tensor x = task.train.all().x;
  std::vector<Tensor> a = {zeros({4, 4}, f64), zeros({6, 6}, f64)};
  std::vector<Tensor> g = {zeros({5, 5}, f64), zeros({4, 4}, f64)};
  for (std::int64_t n = 0; n < 6; ++n) {
    for (std::int64_t c = 0; c < 4; ++c) {
      Tape tape;
      const Tensor log_p = log_softmax(net(slice(x, 0, n, n + 1)), 1);
      const Tensor chosen = sum(slice(log_p, 1, c, c + 1));
      const auto gradient = tape.gradient(chosen, net.tensors);
      const NoGrad no_grad;
      const double p = std::exp(chosen.item());
      for (std::size_t l = 0; l < 2; ++l) {  // the bias's gradient is δ itself
        g[l] = g[l] + outer(gradient[2 * l + 1], gradient[2 * l + 1]) * (p / 6);
      }
    }
    const Tensor h = cat({reshape(x, {6, 3}), ones({6, 1}, f64)}, 1);
    const Tensor row = reshape(slice(h, 0, n, n + 1), {4});
    a[0] = a[0] + outer(row, row) / 6;
    const Tensor hidden =
        tanh(linear(slice(x, 0, n, n + 1), detach(net.tensors[0]), detach(net.tensors[1])));
    const Tensor seen = reshape(cat({hidden, ones({1, 1}, f64)}, 1), {6});
    a[1] = a[1] + outer(seen, seen) / 6;
  }
  for (std::size_t l = 0; l < 2; ++l) {
    CHECK(distance(factors[l].inputs, a[l]) < 1e-14);
    CHECK(distance(factors[l].gradients, g[l]) < 1e-14);
  }
}

TEST_CASE("kronecker_fisher: a convolution whose window is the image is a dense layer") {
  Generator generator(3);
  const Tensor kernel = parameter(randn({3, 2, 2, 2}, f64, generator));
  const Tensor bias = parameter(randn({3}, f64, generator));
  const SmallNetwork convolution{{kernel, bias}, [=](const Tensor& x) {
                                   return reshape(conv2d(x, kernel, bias), {x.size(0), 3});
                                 }};
  const Tensor weight = parameter(clone(reshape(detach(kernel), {3, 8})));
  const SmallNetwork dense{{weight, bias},
                           [=](const Tensor& x) { return linear(flatten(x, 1), weight, bias); }};
  const continual::Task task =
      task_of(randn({4, 2, 2, 2}, f64, generator), tensor({0, 1, 2, 0}, i64), {0, 3});
  const auto one = kronecker_fisher(convolution, find_layers("here", convolution, task), task, {});
  const auto other = kronecker_fisher(dense, find_layers("here", dense, task), task, {});
  CHECK(distance(one[0].inputs, other[0].inputs) < 1e-14);
  CHECK(distance(one[0].gradients, other[0].gradients) < 1e-14);
}

TEST_CASE("kronecker_fisher: positions add up in A, and average in G") {
  // A kernel of one pixel over 1×2 images: two rows a sample. The logits are sums over positions.
  const Tensor kernel = parameter(zeros({2, 1, 1, 1}, f64));
  const SmallNetwork net{{kernel}, [=](const Tensor& x) { return sum(conv2d(x, kernel), {2, 3}); }};
  const continual::Task task = task_of(tensor({3, 4}, {1, 1, 1, 2}, f64), tensor({0}, i64), {0, 2});
  const auto factors = kronecker_fisher(net, find_layers("here", net, task), task, {});
  CHECK(factors[0].inputs.item() == 25);  // 3² + 4²
  CHECK(distance(factors[0].gradients, tensor({.25, -.25, -.25, .25}, {2, 2}, f64)) < 1e-15);
}
