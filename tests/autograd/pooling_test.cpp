#include <doctest/doctest.h>
#include <engram/autograd/ops/pooling.h>
#include <engram/autograd/threads.h>
#include <engram/engram.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "values.h"

using namespace engram;

// PyTorch's values and all derivatives: the rows in operations_convolution.cpp.

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Tensor numbers(const Shape& shape) {
  Generator generator(1);
  return randn(shape, f64, generator);
}

/// The numbers 1, 2, ... as one image.
Tensor counted(std::int64_t height, std::int64_t width) {
  return reshape(arange(1, static_cast<double>(height * width) + 1), {1, 1, height, width});
}

Values gradient(const Tensor& x, Tensor (*pool)(const Tensor&)) {
  x.set_requires_grad();
  Tape tape;
  const Tensor y = pool(x);
  const Tensor dy = reshape(arange(1, static_cast<double>(y.numel()) + 1), y.shape());
  return values(tape.gradient(y, {x}, {.gradient = dy})[0]);
}

}  // namespace

TEST_CASE("max_pool2d: values and gradients by hand") {
  const auto pool = [](const Tensor& x) { return max_pool2d(x, {.kernel = 2, .stride = 1}); };
  CHECK(values(pool(counted(3, 3))) == Values{5, 6, 8, 9});
  CHECK(gradient(counted(3, 3), pool) == Values{0, 0, 0, 0, 1, 2, 0, 3, 4});
  // 5 is the largest of three windows.
  CHECK(gradient(tensor({0, 1, 0, 2, 5, 3, 0, 4, 6}, {1, 1, 3, 3}), pool) ==
        Values{0, 0, 0, 0, 6, 0, 0, 0, 4});
}

TEST_CASE("max_pool2d: the first of equal elements gets the gradient") {
  const auto pool = [](const Tensor& x) { return max_pool2d(x, {.kernel = {1, 2}}); };
  CHECK(gradient(tensor({7, 7, -infinity, -infinity}, {1, 1, 1, 4}), pool) == Values{1, 0, 2, 0});
}

TEST_CASE("max_pool2d: padding is below every number, and NaN above") {
  const Tensor low = full({1, 1, 2, 2}, -1e30);
  CHECK(values(max_pool2d(low, {.kernel = 2, .padding = 1})) == values(low));
  const Tensor lowest = full({1, 1, 1, 1}, -infinity);
  CHECK(values(max_pool2d(lowest, {.kernel = 3, .padding = 1})) == Values{-infinity});

  const Tensor x = tensor({1, not_a_number, 2, 3, 4, 5, not_a_number, 6}, {1, 1, 2, 4}, f64);
  const Values y = values(max_pool2d(x, {.kernel = {2, 1}}));
  CHECK(y[0] == 4);
  CHECK(std::isnan(y[1]));
  CHECK(std::isnan(y[2]));
  CHECK(y[3] == 6);
}

TEST_CASE("avg_pool2d: values and gradients by hand") {
  CHECK(values(avg_pool2d(counted(2, 4), {.kernel = 2})) == Values{3.5, 5.5});
  CHECK(gradient(counted(2, 4), [](const Tensor& x) { return avg_pool2d(x, {.kernel = 2}); }) ==
        Values{.25, .25, .5, .5, .25, .25, .5, .5});
  CHECK(values(avg_pool2d(counted(2, 2), {.kernel = 2, .padding = 1})) == Values{.25, .5, .75, 1});
  CHECK(
      values(avg_pool2d(counted(2, 2), {.kernel = 2, .padding = 1, .count_include_pad = false})) ==
      Values{1, 2, 3, 4});
}

TEST_CASE("adaptive_avg_pool2d: values and gradients by hand") {
  CHECK(values(adaptive_avg_pool2d(counted(1, 5), {1, 3})) == Values{1.5, 3, 4.5});
  CHECK(values(adaptive_avg_pool2d(counted(3, 3), 1)) == Values{5});
  CHECK(values(adaptive_avg_pool2d(counted(2, 2), 2)) == Values{1, 2, 3, 4});
  CHECK(gradient(counted(1, 3), [](const Tensor& x) {
          return adaptive_avg_pool2d(x, {1, 2});
        }) == Values{.5, 1.5, 1});
}

TEST_CASE("pooling: in ceil mode a last window must begin inside the image or its left padding") {
  const auto out = [](std::int64_t size, MaxPool2dOptions options) {
    options.ceil_mode = true;
    const Shape shape = max_pool2d(ones({1, 1, size, size}), options).shape();
    const AvgPool2dOptions average = {options.kernel, options.stride, options.padding, true};
    CHECK(avg_pool2d(ones({1, 1, size, size}), average).shape() == shape);
    return shape[2];
  };
  CHECK(out(5, {.kernel = 2}) == 3);
  CHECK(out(4, {.kernel = 2}) == 2);
  CHECK(out(4, {.kernel = 1, .stride = 3}) == 2);
  CHECK(out(5, {.kernel = 1, .stride = 3}) == 2);  // the third would begin at 6
  CHECK(out(4, {.kernel = 2, .stride = 3, .padding = 1}) == 2);
  CHECK(out(1, {.kernel = 3, .stride = 3}) == 1);  // the only window extends past the image
}

TEST_CASE("pooling: no images, no channels, one pixel") {
  for (const Shape& shape : {Shape{0, 2, 4, 4}, Shape{2, 0, 4, 4}}) {
    const Tensor x(shape, f32);
    const Shape halved = shape.with(2, 2).with(3, 2);
    CHECK(max_pool2d(x, {.kernel = 2}).shape() == halved);
    CHECK(avg_pool2d(x, {.kernel = 2}).shape() == halved);
    CHECK(adaptive_avg_pool2d(x, 2).shape() == halved);
    x.set_requires_grad();
    Tape tape;
    const Tensor total = sum(max_pool2d(x, {.kernel = 2})) + sum(avg_pool2d(x, {.kernel = 2}));
    CHECK(tape.gradient(total, {x})[0].shape() == shape);
  }
  const Tensor pixel = tensor({3}, {1, 1, 1, 1});
  CHECK(values(max_pool2d(pixel, {.kernel = 1})) == Values{3});
  CHECK(values(avg_pool2d(pixel, {.kernel = 1})) == Values{3});
  CHECK(values(adaptive_avg_pool2d(pixel, 1)) == Values{3});
}

TEST_CASE("pooling: as many threads as wanted, the same bits") {
  const int threads = num_threads();
  const Tensor x = numbers({4, 16, 40, 40});
  x.set_requires_grad();
  const auto compute = [&](int count) {
    set_num_threads(count);
    Tape tape;
    const std::array y = {max_pool2d(x, {.kernel = 3, .stride = 2, .padding = 1}),
                          avg_pool2d(x, {.kernel = 2}), adaptive_avg_pool2d(x, 7)};
    const Tensor loss = sum(square(y[0])) + sum(square(y[1])) + sum(square(y[2]));
    return std::array{y[0], y[1], y[2], tape.gradient(loss, {x})[0]};
  };
  const auto one = compute(1), three = compute(3);
  set_num_threads(threads);
  for (std::size_t k = 0; k < one.size(); ++k) {
    CHECK(std::ranges::equal(one[k].bytes(), three[k].bytes()));
  }
}

TEST_CASE("pooling: wrong shapes, dtypes and options") {
  const Tensor x = ones({2, 3, 4, 5});
  CHECK_THROWS_WITH_AS(max_pool2d(ones({3, 4, 5}), {.kernel = 2}),
                       "max_pool2d: input must be (n, channels, height, width), got (3, 4, 5)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(avg_pool2d(ones({2, 3, 0, 5}), {.kernel = 2, .padding = 1}),
                       "avg_pool2d: the images of input (2, 3, 0, 5) are empty", ShapeError);
  CHECK_THROWS_WITH_AS(adaptive_avg_pool2d(ones({2, 3, 4, 0}), 1),
                       "adaptive_avg_pool2d: the images of input (2, 3, 4, 0) are empty",
                       ShapeError);
  CHECK_THROWS_WITH_AS(max_pool2d(x, {.kernel = {5, 2}}),
                       "max_pool2d: kernel (5, 2) is larger than the padded input (4, 5)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(
      max_pool2d(x, {.kernel = 3, .dilation = 2}),
      "max_pool2d: kernel (3, 3) dilated to (5, 5) is larger than the padded input (4, 5)",
      ShapeError);
  CHECK_THROWS_WITH_AS(max_pool2d(x, {.kernel = 0}),
                       "max_pool2d: kernel must be at least 1, got (0, 0)", Error);
  CHECK_THROWS_WITH_AS(avg_pool2d(x, {.kernel = 2, .stride = {0, 1}}),
                       "avg_pool2d: stride must be at least 1, got (0, 1)", Error);
  CHECK_THROWS_WITH_AS(max_pool2d(x, {.kernel = 2, .padding = {0, -1}}),
                       "max_pool2d: padding must be at least 0, got (0, -1)", Error);
  CHECK_THROWS_WITH_AS(max_pool2d(x, {.kernel = 2, .dilation = 0}),
                       "max_pool2d: dilation must be at least 1, got (0, 0)", Error);
  CHECK_THROWS_WITH_AS(avg_pool2d(x, {.kernel = 3, .padding = {1, 2}}),
                       "avg_pool2d: padding must be at most half of the kernel (3, 3), got (1, 2)",
                       Error);
  CHECK_THROWS_WITH_AS(
      max_pool2d(ones({1, 1, 2, 2}), {.kernel = 2, .padding = 1, .dilation = 3}),
      "max_pool2d: a window of kernel (2, 2) with dilation (3, 3) sees only padding of input "
      "(1, 1, 2, 2)",
      ShapeError);
  CHECK_THROWS_WITH_AS(adaptive_avg_pool2d(x, {0, 2}),
                       "adaptive_avg_pool2d: output must be at least 1, got (0, 2)", Error);
  CHECK_THROWS_WITH_AS(max_pool2d(ones({1, 1, 2, 2}, i64), {.kernel = 2}),
                       "max_pool2d: needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(avg_pool2d(ones({1, 1, 2, 2}, u8), {.kernel = 2}),
                       "avg_pool2d: needs f32 or f64, got u8", DTypeError);
}

TEST_CASE("max_pool2d: an image whose elements 32 bits cannot count") {
  CHECK_THROWS_WITH_AS(max_pool2d(zeros({0, 1, 65536, 32769}), {.kernel = 1, .stride = 32768}),
                       "max_pool2d: the images of input (0, 1, 65536, 32769) are too large",
                       ShapeError);
  // The padding counts too: a window may begin there.
  CHECK_THROWS_WITH_AS(
      max_pool2d(zeros({1, 1, 1, 8}), {.kernel = {1 << 30, 1}, .padding = {1 << 29, 0}}),
      "max_pool2d: the images of input (1, 1, 1, 8) are too large", ShapeError);
}
