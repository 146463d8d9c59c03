#include <doctest/doctest.h>
#include <engram/engram.h>

#include <cmath>
#include <limits>

#include "../close.h"
#include "values.h"

using namespace engram;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST_CASE("reduce: any axes, with and without keepdim") {
  const Tensor x = reshape(arange(24), {2, 3, 4});
  CHECK(sum(x).item() == 276);
  CHECK(sum(x).shape() == Shape{});
  CHECK(values(sum(x, {0, 2})) == Values{60, 92, 124});
  CHECK(values(sum(x, {-1, 0})) == Values{60, 92, 124});
  CHECK(sum(x, {1}, {.keepdim = true}).shape() == Shape{2, 1, 4});
  CHECK(sum(x, {}, {.keepdim = true}).shape() == Shape{1, 1, 1});
  CHECK(values(max(x, {0, 1})) == Values{20, 21, 22, 23});
  CHECK(values(min(x, {1, 2})) == Values{0, 12});
  CHECK(values(argmax(x, -1)) == Values{3, 3, 3, 3, 3, 3});
  CHECK(argmax(x, 1, {.keepdim = true}).shape() == Shape{2, 1, 4});
}

TEST_CASE("reduce: axes that are not there, or named twice") {
  const Tensor x = zeros({2, 3});
  CHECK_THROWS_WITH_AS(sum(x, {2}), "axis 2 is out of range for shape (2, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(mean(x, {-3}), "axis -3 is out of range for shape (2, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(max(x, {0, -2}), "max: axis -2 is named twice", ShapeError);
  CHECK_THROWS_WITH_AS(var(x, {1, 1}), "var: axis 1 is named twice", ShapeError);
  CHECK_THROWS_WITH_AS(argmax(x, 2), "axis 2 is out of range for shape (2, 3)", ShapeError);
}

TEST_CASE("reduce: dtypes") {
  CHECK_THROWS_WITH_AS(sum(ones({2, 3}), {std::int64_t{1} << 32}),
                       "axis 4294967296 is out of range for shape (2, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(var(arange(3)), "var: needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(logsumexp(arange(3)), "logsumexp: needs f32 or f64, got i64", DTypeError);
  CHECK(sum(arange(3)).dtype() == i64);
  CHECK(values(max(tensor({3, 200, 7}, u8))) == Values{200});
  CHECK(sum(ones({1000}, u8)).item() == 1000);  // more than a u8 holds
  const Tensor mask = ones({1000}, boolean);
  CHECK(sum(mask).dtype() == i64);
  CHECK(sum(mask).item() == 1000);
}

TEST_CASE("reduce: no elements, and one") {
  const Tensor none = zeros({2, 0}, f64);
  CHECK(values(sum(none, {1})) == Values{0, 0});
  CHECK(sum(none, {0}).shape() == Shape{0});
  check_close(mean(none, {1}), {nan_value, nan_value});
  check_close(var(none, {1}), {nan_value, nan_value});
  check_close(logsumexp(none, {1}), {-infinity, -infinity});
  CHECK(max(none, {0}).shape() == Shape{0});  // no results, of two elements each
  CHECK_THROWS_WITH_AS(max(none, {1}), "max: no elements to choose from in shape (2, 0)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(min(none), "min: no elements to choose from in shape (2, 0)", ShapeError);
  CHECK_THROWS_WITH_AS(argmax(none, 1), "argmax: no elements to choose from in shape (2, 0)",
                       ShapeError);
  const Tensor one = tensor({5}, f64);
  CHECK(std::isnan(var(one).item()));
  CHECK(var(one, {}, {.correction = 0}).item() == 0);
  CHECK(logsumexp(one).item() == 5);
  CHECK(sum(scalar(3)).item() == 3);
  CHECK_FALSE(sum(one, {0}).is(one));
}

TEST_CASE("reduce: NaN and infinity") {
  const Tensor x = tensor({1, nan_value, 3, 1, 2, 3}, {2, 3}, f64);
  check_close(max(x, {1}), {nan_value, 3});
  check_close(min(x, {1}), {nan_value, 1});
  check_close(max(x, {0}), {1, nan_value, 3});
  check_close(sum(x, {1}), {nan_value, 6});
  CHECK(values(argmax(x, 1)) == Values{1, 2});
  check_close(logsumexp(tensor({-infinity, -infinity, infinity, 0, 1000, 1000}, {3, 2}, f64), {1}),
              {-infinity, infinity, 1000 + std::log(2.0)});
}

TEST_CASE("reduce: equal elements share the gradient of max, argmax takes the first") {
  const Tensor x = tensor({4, 1, 4}, f64);
  CHECK(argmax(x, 0).item() == 0);
  x.set_requires_grad();
  Tape tape;
  CHECK(values(tape.gradient(max(x), {x})[0]) == Values{0.5, 0, 0.5});
  CHECK_FALSE(argmax(x, 0).requires_grad());
}

TEST_CASE("reduce: the rounding of a long f32 sum does not grow with its length") {
  constexpr std::int64_t n = 1'000'000;
  const double exact = n * static_cast<double>(0.1f);
  CHECK(sum(full({n}, 0.1)).item() == doctest::Approx(exact).epsilon(1e-6));
  for (double each : values(sum(full({n, 3}, 0.1), {0}))) {
    CHECK(each == doctest::Approx(exact).epsilon(1e-6));
  }
  CHECK(mean(full({1000, 1000}, 0.1)).item() == doctest::Approx(0.1).epsilon(1e-6));
  // The mean is subtracted before squaring, so a large mean causes no cancellation.
  const Tensor x = reshape(tensor({4096, 4097, 4098, 4099}), {2, 2});
  CHECK(var(x).item() == doctest::Approx(5.0 / 3));
}

TEST_CASE("reduce: sums of columns, in strips and blocks and beyond them") {
  const std::int64_t n = 131, width = 259;  // neither divides evenly
  const Tensor x = reshape(arange(2 * n * width), {2, n, width});
  const Tensor columns = sum(x, {1});
  for (std::int64_t o : {0, 1}) {
    for (std::int64_t i : {0, 255, 256, 258}) {
      // Σ_k (o·n + k)·width + i
      const std::int64_t expected = (o * n * n + n * (n - 1) / 2) * width + n * i;
      CHECK(columns.data<std::int64_t>()[static_cast<std::size_t>(o * width + i)] == expected);
    }
  }
}

TEST_CASE("reduce: the sum of everything, in blocks and beyond them, is the same for any threads") {
  const int threads = num_threads();
  Generator numbers(3);
  for (std::int64_t n : {16383, 16384, 16385, 100003}) {
    const Tensor x = arange(n), fractions = rand({n}, f32, numbers);
    set_num_threads(1);
    const double alone = sum(fractions).item();
    set_num_threads(4);
    CHECK(sum(fractions).item() == alone);
    CHECK(sum(x).item() == static_cast<double>(n * (n - 1) / 2));
  }
  set_num_threads(threads);
}

TEST_CASE("any and all: along axes, of no elements, of one") {
  const Tensor mask = tensor({1, 0, 1, 0, 0, 0, 1, 1, 1}, {3, 3}, boolean);
  CHECK(any(mask).dtype() == boolean);
  CHECK(any(mask).item<bool>());
  CHECK_FALSE(all(mask).item<bool>());
  CHECK(values(any(mask, {1})) == Values{1, 0, 1});
  CHECK(values(all(mask, {1})) == Values{0, 0, 1});
  CHECK(values(any(mask, {0})) == Values{1, 1, 1});
  CHECK(values(all(mask, {-2})) == Values{0, 0, 0});
  CHECK(all(mask, {1}, {.keepdim = true}).shape() == Shape{3, 1});
  CHECK(any(mask, {0, 1}, {.keepdim = true}).shape() == Shape{1, 1});
  const Tensor none = zeros({2, 0}, boolean);
  CHECK_FALSE(any(none).item<bool>());
  CHECK(all(none).item<bool>());
  CHECK(values(any(none, {1})) == Values{0, 0});
  CHECK(values(all(none, {1})) == Values{1, 1});
  CHECK(all(none, {0}).shape() == Shape{0});
  CHECK(any(scalar(1, boolean)).item<bool>());
  CHECK_FALSE(all(zeros({1, 1}, boolean)).item<bool>());
  CHECK_THROWS_WITH_AS(all(mask, {2}), "axis 2 is out of range for shape (3, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(any(mask, {1, -1}), "any: axis -1 is named twice", ShapeError);
}

TEST_CASE("mean: of integers and masks in f32") {
  const Tensor mask = tensor({1, 0, 1, 1, 0, 0}, {2, 3}, boolean);
  CHECK(mean(mask).dtype() == f32);
  CHECK(mean(mask).item() == 0.5);
  check_close(mean(mask, {1}), {2. / 3, 1. / 3}, 1e-7);
  CHECK(mean(tensor({1, 2}, i64)).item() == 1.5);
  CHECK(mean(zeros({0}, i64)).dtype() == f32);
  check_close(mean(zeros({0}, u8)), {nan_value});
}

TEST_CASE("mean and var: derivatives of those of nothing are those of a sum of nothing") {
  const auto check_average = [](auto average) {
    const Tensor x = zeros({2, 0}, f64), seed = ones({2}, f64);
    x.set_requires_grad();
    seed.set_requires_grad();
    Tape tape;
    const Tensor y = average(x);
    check_close(y, {nan_value, nan_value});
    const Tensor first = tape.gradient(y, {x}, {.gradient = seed * 1., .create_graph = true})[0];
    CHECK(first.shape() == Shape{2, 0});
    check_close(tape.gradient(sum(first), {seed})[0], {0, 0});
  };
  check_average([](const Tensor& x) { return mean(x, {1}); });
  check_average([](const Tensor& x) { return var(x, {1}); });
}

TEST_CASE("sum: a mask is counted where it lies") {
  const Tensor mask = ones({1 << 20}, boolean);
  memory::release_cached();
  const std::size_t before = memory::stats().reserved;
  CHECK(sum(mask).item() == 1 << 20);
  CHECK(sum(reshape(mask, {1 << 10, 1 << 10}), {0}).dtype() == i64);
  CHECK(memory::stats().reserved < before + (1 << 18));
  const Tensor single = tensor({3, 200}, {1, 2}, u8);
  CHECK(values(sum(single, {0})) == Values{3, 200});
  CHECK(sum(single, {0}).dtype() == i64);
  CHECK(values(sum(tensor({200, 100}, u8))) == Values{300});
}

TEST_CASE("mean: of i64 whose sum does not fit") {
  constexpr double large = 0x1p62;
  CHECK(mean(tensor({large, large, large}, i64)).item() == large);
  CHECK(mean(tensor({-large, -large, -large, 0}, i64)).item() == -0.75 * large);
}

TEST_CASE("var: a mean far beyond the deviations") {
  // 1.7e9 + 128·(i mod 7), where 128 is the spacing of f32.
  std::vector<float> numbers(1000);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = 1.7e9f + 128.0f * static_cast<float>(i % 7);
  }
  const Tensor x = tensor(std::span<const float>(numbers), {1000});
  const double exact = var(cast(x, f64)).item();
  CHECK(std::abs(exact - 65519) < 1);
  CHECK(std::abs(var(x).item() - exact) < 1e-6 * exact);

  Generator generator(1);
  const Tensor far = randn({4000}, f32, generator) + 1e6;
  CHECK(std::abs(var(far).item() / var(cast(far, f64)).item() - 1) < 1e-6);

  x.set_requires_grad();
  Tape tape;
  const Tensor wide = cast(x, f64);
  const Tensor wanted = (detach(wide) - mean(detach(wide))) * (2. / 999);
  const Tensor gradient = tape.gradient(var(x), {x})[0];
  CHECK(max(abs(cast(gradient, f64) - wanted)).item() < 1e-6 * max(abs(wanted)).item());
}

TEST_CASE("max: elements that are NaN share the gradient, and none is multiplied by 0") {
  const Tensor x = tensor({1, nan_value, 3, nan_value, 2, 2, 1, 0}, {2, 4}, f64);
  x.set_requires_grad();
  Tape tape;
  check_close(tape.gradient(max(x, {1}), {x}, {.gradient = tensor({1, infinity}, f64)})[0],
              {0, 0.5, 0, 0.5, infinity, infinity, 0, 0});
}
