#include <doctest/doctest.h>
#include <engram/engram.h>

#include <functional>
#include <optional>

using namespace engram;

namespace {

Tensor parameter(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  const Tensor x = randn(shape, f64, generator);
  x.set_requires_grad();
  return x;
}

/// One call of a network, with the uses of its parameters.
struct Recorded {
  std::vector<Tensor> parameters;
  Tensor y;
  optim::LayerUses uses;

  Recorded(std::vector<Tensor> used, const std::function<Tensor()>& forward)
      : parameters(std::move(used)), uses(optim::layer_uses(parameters, [&] { y = forward(); })) {}

  std::optional<std::vector<Tensor>> squares(Tape& tape,
                                             const std::vector<Tensor>& cotangents) const {
    if (!optim::separates_samples(parameters, uses, y.size(0))) return std::nullopt;
    return optim::per_sample_squares(tape, y, parameters, uses, cotangents);
  }
};

}  // namespace

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
  const Recorded net_of_all({weight, bias, last}, [&] { return net(x); });
  const Tensor y = net_of_all.y;
  const auto squares = net_of_all.squares(tape, {gradient});
  REQUIRE(squares.has_value());
  for (std::size_t k = 0; k < expected.size(); ++k) {
    CAPTURE(k);
    CHECK(max(abs((*squares)[k] - expected[k])).item() <= 1e-12 * max(expected[k]).item());
  }
  // The square of the batch's gradient differs; the recording is kept to compute it.
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
  const Recorded net(parameters, [&] {
    const Tensor h = tanh(conv2d(x, kernel, kernel_bias));
    return linear(tanh(linear(reshape(h, {5, 8}), weight, bias)), last);
  });
  std::vector<Tensor> cotangents, expected;
  for (const Tensor& each : parameters) expected.push_back(zeros_like(each));
  for (std::uint64_t seed = 7; seed < 10; ++seed) {
    cotangents.push_back(detach(parameter({5, 3}, seed)));
    const auto one = net.squares(tape, {cotangents.back()});
    REQUIRE(one);
    const NoGrad no_grad;
    for (std::size_t k = 0; k < expected.size(); ++k) expected[k] = expected[k] + (*one)[k];
  }

  const auto squares = net.squares(tape, cotangents);
  REQUIRE(squares);
  const NoGrad no_grad;
  for (std::size_t k = 0; k < expected.size(); ++k) {
    CAPTURE(k);
    CHECK(max(abs((*squares)[k] - expected[k])).item() <= 1e-12 * max(expected[k]).item());
  }
  const auto none = net.squares(tape, {});
  REQUIRE(none);
  CHECK_FALSE((*none)[0].defined());
}

TEST_CASE("separates_samples: not where a parameter has another use than a layer of the samples") {
  const Tensor weight = parameter({4, 4}, 1), x = detach(parameter({2, 4}, 2));
  const auto separates = [&](const Tensor& learned, const std::function<Tensor()>& forward) {
    return optim::separates_samples({learned}, optim::layer_uses({learned}, forward), 2);
  };
  CHECK(separates(weight, [&] { return linear(x, weight); }));
  CHECK(separates(weight, [&] { return square(x); }));  // it is not used at all
  CHECK_FALSE(separates(weight, [&] { return linear(linear(x, weight), weight); }));
  CHECK_FALSE(separates(weight, [&] { return matmul(x, weight); }));
  CHECK_FALSE(separates(weight, [&] { return linear(x, weight) + sum(weight); }));
  const Tensor narrow = parameter({2, 2}, 3);
  CHECK_FALSE(separates(narrow, [&] { return linear(reshape(x, {4, 2}), narrow); }));
  CHECK_FALSE(separates(narrow, [&] { return linear(reshape(x, {2, 2, 2}), narrow); }));
  weight.set_requires_grad(false);  // a frozen parameter may be used in any way
  CHECK(separates(weight, [&] { return matmul(x, weight); }));
}

TEST_CASE("per_sample_gradients: are those of batches of one, by layers and one by one") {
  const Tensor kernel = parameter({2, 1, 2, 2}, 1), kernel_bias = parameter({2}, 2);
  const Tensor weight = parameter({4, 8}, 3), bias = parameter({4}, 4), idle = parameter({3}, 5);
  const Tensor gain = parameter({4}, 8), frozen = detach(parameter({4}, 9));
  const Tensor x = detach(parameter({5, 1, 3, 3}, 6)), target = tensor({0, 3, 1, 1, 2}, i64);
  for (const bool has_gain : {false, true}) {  // which belongs to no layer
    CAPTURE(has_gain);
    const std::vector<Tensor> parameters = {kernel, kernel_bias, weight, bias, idle, gain, frozen};
    const auto losses = [&](const Tensor& images, const Tensor& labels) {
      const Tensor h = tanh(conv2d(images, kernel, kernel_bias));
      const Tensor y = linear(reshape(h, {images.size(0), 8}), weight, bias) + frozen;
      return cross_entropy(has_gain ? y * gain : y, labels, {.reduction = Reduction::none});
    };
    const auto gradients = optim::per_sample_gradients(losses, parameters, x, target);
    REQUIRE(gradients.size() == parameters.size());
    for (std::int64_t n = 0; n < 5; ++n) {
      Tape tape;
      const Tensor loss = losses(slice(x, 0, n, n + 1), slice(target, 0, n, n + 1));
      const auto own = tape.gradient(loss, parameters, {.allow_unused = true});
      const NoGrad no_grad;
      for (std::size_t k = 0; k < parameters.size(); ++k) {
        CAPTURE(k);
        const Tensor wanted = own[k].defined() ? own[k] : zeros_like(parameters[k]);
        const Tensor got = reshape(slice(gradients[k], 0, n, n + 1), parameters[k].shape());
        CHECK(max(abs(got - wanted)).item() <= 1e-13);
        CHECK_FALSE(gradients[k].requires_grad());
      }
    }
    const auto none =
        optim::per_sample_gradients(losses, parameters, slice(x, 0, 0, 0), slice(target, 0, 0, 0));
    CHECK(none[2].shape() == Shape{0, 4, 8});
  }
}

TEST_CASE("per_sample_gradients: what does not fit") {
  const Tensor weight = parameter({4, 4}, 1), x = ones({2, 4}, f64);
  const auto mean_loss = [&](const Tensor& a, const Tensor& b) {
    return mse_loss(linear(a, weight), b);
  };
  CHECK_THROWS_WITH_AS(optim::per_sample_gradients(mean_loss, {weight}, x, x),
                       "per_sample_gradients: the losses must be (2,), got ()", ShapeError);
  CHECK_THROWS_WITH_AS(
      optim::per_sample_gradients(mean_loss, {weight}, x, ones({3, 4}, f64)),
      "per_sample_gradients: x is (2, 4), y is (3, 4); both need a row for each sample",
      ShapeError);
}
