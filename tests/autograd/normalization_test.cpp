#include "../close.h"

#include <engram/engram.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace engram;

// The literals were computed by PyTorch 1.13 in f64.
namespace {

Tensor input() { return tensor({1, -2, 0.5, 3, 0, -0.25, -1, 4, 2, 0, 1, 1}, {4, 3}, f64); }
Tensor weight() { return tensor({0.5, 2, -1}, f64); }
Tensor bias() { return tensor({0.1, 0.2, 0.3}, f64); }

}  // namespace

TEST_CASE("batch_norm: training normalises with the batch and updates the running statistics") {
  const Tensor running_mean = tensor({0.1, 0.2, 0.3}, f64), running_var = tensor({1, 2, 3}, f64);
  const Tensor y = batch_norm(input(), weight(), bias(), running_mean, running_var,
                              {.training = true, .momentum = 0.2, .eps = 1e-3});
  check_close(y,
              {0.18449611428204254, -2.3400702580554635, 0.6820736667477457, 0.860465028538383,
               -0.4927464340151264, 1.5990504669423358, -0.4914727999742979, 3.201901214065548,
               -1.1518799336414343, -0.15348834284612767, 0.43091547800504215, 0.0707557999513524});
  check_close(running_mean, {0.23, 0.31, 0.4025});
  check_close(running_var, {1.3833333333333333, 2.85, 2.578125});
}

TEST_CASE("batch_norm: in use, the running statistics count and do not change") {
  const Tensor running_mean = tensor({0.1, 0.2, 0.3}, f64), running_var = tensor({1, 2, 3}, f64);
  const Tensor y = batch_norm(input(), weight(), bias(), running_mean, running_var);
  check_close(y,
              {0.5499977500168749, -2.9112620590753844, 0.18453013861168344, 1.5499927500543746,
               -0.08284200537048947, 0.6175421188178705, -0.44999725002062485, 5.5739981020393,
               -0.6814938218006906, 0.05000024999812502, 1.3313680214819579, -0.10414451485910792});
  check_close(running_mean, {0.1, 0.2, 0.3});
  check_close(running_var, {1, 2, 3});

  const Tensor one = batch_norm(tensor({3, 4}, {1, 2}), {}, {}, tensor({1, 4}), tensor({4, 1}));
  check_close(one, {1, 0}, 1e-5);
}

TEST_CASE("batch_norm: a channel of an image is one group") {
  // Channel 0 holds 0..3 and 4..7, channel 1 the same times ten.
  const Tensor x =
      tensor({0, 1, 2, 3, 0, 10, 20, 30, 4, 5, 6, 7, 40, 50, 60, 70}, {2, 2, 2, 2}, f64);
  const Tensor y = batch_norm(x, {}, {}, {}, {}, {.training = true, .eps = 0});
  const double s = std::sqrt(5.25);  // the standard deviation of 0..7
  check_close(y, {-3.5 / s, -2.5 / s, -1.5 / s, -0.5 / s, -3.5 / s, -2.5 / s, -1.5 / s, -0.5 / s,
                  0.5 / s, 1.5 / s, 2.5 / s, 3.5 / s, 0.5 / s, 1.5 / s, 2.5 / s, 3.5 / s});
}

TEST_CASE("batch_norm: a mean far from 0 does not swallow the variance") {
  const Tensor x = tensor({10'000, 10'001, 10'002, 10'003}, {4, 1});
  check_close(batch_norm(x, {}, {}, {}, {}, {.training = true}),
              {-1.3416353, -0.4472118, 0.4472118, 1.3416353}, 1e-6);
}

TEST_CASE("batch_norm and layer_norm: the variance of f32 with a mean of a million deviations") {
  Generator generator(3);
  for (const std::int64_t n : {7, 1000}) {
    const Tensor rows = cast(randn({4, n}, f64, generator) + 1e6, f32);
    const Tensor exact = var(cast(rows, f64), {1});
    for (const Tensor& x : {transpose(rows, 0, 1), reshape(rows, {1, 4, n})}) {
      const Tensor running_mean = zeros({4}), running_var = zeros({4});
      batch_norm(x, {}, {}, running_mean, running_var, {.training = true, .momentum = 1});
      CHECK(max(abs(cast(running_var, f64) / exact - 1)).item() < 1e-6);
    }
    const Tensor y = cast(layer_norm(rows, {n}), f64);
    CHECK(max(abs(var(y, {1}, {.correction = 0}) - 1)).item() < 3e-5);  // 1e-5 of it by eps
  }
}

TEST_CASE("batch_norm: many channels, the same bits for every number of threads") {
  Generator generator(1);
  for (const Shape& shape : {Shape{64, 1000}, Shape{3, 70, 500}}) {
    const Tensor x = randn(shape, f32, generator), dy = randn(shape, f32, generator);
    const auto gradient = [&](int threads) {
      set_num_threads(threads);
      x.set_requires_grad();
      Tape tape;
      const Tensor y = batch_norm(x, {}, {}, {}, {}, {.training = true});
      return tape.gradient(y, {x}, {.gradient = dy})[0];
    };
    const int threads = num_threads();
    const Tensor one = gradient(1), four = gradient(4);
    set_num_threads(threads);
    CHECK(std::ranges::equal(one.bytes(), four.bytes()));
  }
}

TEST_CASE("layer_norm: each row by itself") {
  check_close(layer_norm(input(), {3}, weight(), bias()),
              {0.5444991540211251, -2.5939946824185003, -0.20799903316700014, 0.8054141924704796,
               -1.0415289787480442, 1.0900638955669373, -0.5488849161071573, 2.4710972063750503,
               0.13777877097321073, -0.6070908718209098, 1.6141817436418198, -0.4070908718209099});
  check_close(layer_norm(input(), {4, 3}),
              {0.1444990865352167, -1.7471253190167113, -0.17077164772343795, 1.4055820235698353,
               -0.4860423819820926, -0.64367774911142, -1.116583850499402, 2.0361234920871447,
               0.775040555052526, -0.4860423819820926, 0.1444990865352167, 0.1444990865352167});
  check_close(layer_norm(tensor({1, 3}), {2}, {}, {}, 3), {-0.5, 0.5});
}

TEST_CASE("layer_norm and batch_norm: sizes 0 and 1") {
  CHECK(layer_norm(zeros({0, 3}), {3}).shape() == Shape{0, 3});
  CHECK(layer_norm(zeros({3, 0}), {0}).shape() == Shape{3, 0});
  check_close(layer_norm(tensor({7, -2}, {2, 1}), {1}, tensor({5}), tensor({0.5})), {0.5, 0.5});
  CHECK(batch_norm(zeros({0, 3}), {}, {}, zeros({3}), ones({3})).shape() == Shape{0, 3});
  CHECK(batch_norm(zeros({2, 0}), {}, {}, {}, {}, {.training = true}).shape() == Shape{2, 0});
}

TEST_CASE("layer_norm: parameters of no rows get a gradient of 0") {
  const Tensor w = ones({3}), b = zeros({3});
  w.set_requires_grad();
  b.set_requires_grad();
  Tape tape;
  const Tensor y = layer_norm(zeros({0, 3}), {3}, w, b);
  const auto gradients = tape.gradient(y, {w, b}, {.gradient = zeros({0, 3})});
  check_close(gradients[0], {0, 0, 0});
  check_close(gradients[1], {0, 0, 0});
}

TEST_CASE("batch_norm: errors") {
  const Tensor x = zeros({2, 3}), c = zeros({3}), wrong = zeros({2});
  const BatchNormOptions training{.training = true};
  CHECK_THROWS_WITH_AS(batch_norm(zeros({3}), {}, {}, c, c),
                       "batch_norm: x must be (N, C, ...), got (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(batch_norm(zeros({2, 3}, i64), {}, {}, c, c),
                       "batch_norm: needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(batch_norm(x, wrong, {}, c, c),
                       "batch_norm: weight is (2,), x (2, 3) expects (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(batch_norm(x, c, wrong, c, c),
                       "batch_norm: bias is (2,), x (2, 3) expects (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(batch_norm(x, c, c, zeros({3}, f64), c),
                       "batch_norm: running_mean is f64, x is f32", DTypeError);
  CHECK_THROWS_WITH_AS(batch_norm(x, c, c, c, wrong, training),
                       "batch_norm: running_var is (2,), x (2, 3) expects (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(batch_norm(zeros({1, 3}), c, c, c, c, training),
                       "batch_norm: training needs more than one element a channel, x is (1, 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(batch_norm(zeros({0, 3}), c, c, c, c, training),
                       "batch_norm: training needs more than one element a channel, x is (0, 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(batch_norm(x, c, c, c, {}),
                       "batch_norm: without training, running_mean and running_var must be defined",
                       Error);
}

TEST_CASE("layer_norm: errors") {
  const Tensor x = zeros({2, 3});
  CHECK_THROWS_WITH_AS(layer_norm(x, {2}),
                       "layer_norm: x is (2, 3), its last axes must be normalized_shape (2,)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(layer_norm(x, {1, 2, 3}),
                       "layer_norm: x is (2, 3), its last axes must be normalized_shape (1, 2, 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(layer_norm(x, {}),
                       "layer_norm: x is (2, 3), its last axes must be normalized_shape ()",
                       ShapeError);
  CHECK_THROWS_WITH_AS(layer_norm(x, {3}, zeros({2})),
                       "layer_norm: weight is (2,), x (2, 3) expects (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(layer_norm(x, {3}, zeros({3}), zeros({3}, f64)),
                       "layer_norm: bias is f64, x is f32", DTypeError);
  CHECK_THROWS_WITH_AS(layer_norm(zeros({2, 3}, u8), {3}), "layer_norm: needs f32 or f64, got u8",
                       DTypeError);
}

TEST_CASE("normalization: a mean far beyond the deviations, and a variance beyond the range") {
  std::vector<float> numbers(1000);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = 1.7e9f + 128.0f * static_cast<float>(i % 7);
  }
  const Tensor x = tensor(std::span<const float>(numbers), {1000, 1});
  const Tensor running_mean = zeros({1}), running_var = zeros({1});
  batch_norm(x, {}, {}, running_mean, running_var, {.training = true, .momentum = 1});
  CHECK(std::abs(running_var.item() - 65519) < 1);

  const Tensor large = tensor({0, 3e38, 1}, {1, 3}, f32);
  large.set_requires_grad();
  Tape tape;
  const Tensor y = layer_norm(large, {3});
  for (const bool recorded : {false, true}) {
    const Tensor gradient = tape.gradient(
        y, {large}, {.gradient = ones_like(y), .retain_graph = true, .create_graph = recorded})[0];
    for (const float each : gradient.data<float>()) CHECK(std::isnan(each));
  }
  for (const float each : y.data<float>()) CHECK(std::isnan(each));
}
