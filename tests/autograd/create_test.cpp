#include "values.h"

#include <engram/autograd/create.h>

#include <doctest/doctest.h>

#include <limits>

using namespace engram;

namespace {

constexpr DType number_dtypes[] = {f32, f64, i64, u8};

}  // namespace

TEST_CASE("constants of every dtype") {
  for (DType dtype : number_dtypes) {
    CHECK(full({2}, 7, dtype).dtype() == dtype);
    CHECK(values(full({2}, 7, dtype)) == Values{7, 7});
    CHECK(values(zeros({1, 2}, dtype)) == Values{0, 0});
    CHECK(values(ones({2, 1}, dtype)) == Values{1, 1});
    CHECK(scalar(3, dtype).shape() == Shape{});
    CHECK(scalar(3, dtype).item() == 3);
    CHECK(values(eye(2, dtype)) == Values{1, 0, 0, 1});
  }
  CHECK(zeros({1}).dtype() == f32);
  CHECK(zeros({2, 0, 3}).numel() == 0);
  CHECK(eye(0).shape() == Shape{0, 0});
  CHECK(eye(1).item() == 1);
}

TEST_CASE("the like of another tensor has its shape and dtype") {
  const Tensor x = zeros({2, 1}, u8);
  CHECK(full_like(x, 4).dtype() == u8);
  CHECK(full_like(x, 4).shape() == Shape{2, 1});
  CHECK(values(full_like(x, 4)) == Values{4, 4});
  CHECK(values(ones_like(x)) == Values{1, 1});
  CHECK(values(zeros_like(ones({2}))) == Values{0, 0});
}

TEST_CASE("a number that does not fit its dtype is limited to what does") {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  CHECK(values(full({1}, -1, u8)) == Values{0});
  CHECK(values(tensor({-1, 254.9, 256, infinite}, u8)) == Values{0, 254, 255, 255});
  CHECK(full({}, 1e300, i64).item<std::int64_t>() == std::numeric_limits<std::int64_t>::max());
  CHECK(values(tensor({std::numeric_limits<double>::quiet_NaN()}, i64)) == Values{0});
}

TEST_CASE("tensors from values") {
  CHECK(tensor({1, 2, 3}).shape() == Shape{3});
  CHECK(tensor({1, 2, 3}).dtype() == f32);
  CHECK(values(tensor({1, 2, 3, 4}, {2, 2}, i64)) == Values{1, 2, 3, 4});
  CHECK(tensor({5}, Shape{}).item() == 5);
  CHECK(tensor(std::vector<double>{1, 2}).dtype() == f64);
  CHECK(tensor(std::vector<std::int64_t>{1, 2}).dtype() == i64);
  CHECK(tensor(std::vector<std::uint8_t>{1, 2}, {2, 1}).shape() == Shape{2, 1});
  CHECK(tensor(std::vector<float>{}).shape() == Shape{0});

  std::vector<float> source = {1, 2};
  const Tensor x = tensor(source);
  source[0] = 9;
  CHECK(values(x) == Values{1, 2});

  CHECK_THROWS_WITH_AS(tensor({1, 2, 3}, {2, 2}), "tensor: 3 values do not fill the shape (2, 2)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(tensor(source, {3}), "tensor: 2 values do not fill the shape (3,)",
                       ShapeError);
}

TEST_CASE("arange counts") {
  CHECK(arange(3).dtype() == i64);
  CHECK(values(arange(3)) == Values{0, 1, 2});
  CHECK(arange(0).shape() == Shape{0});
  CHECK(values(arange(1, 4)) == Values{1, 2, 3});
  CHECK(arange(1, 4).dtype() == f32);
  CHECK(values(arange(0, 1, 0.25, f64)) == Values{0, 0.25, 0.5, 0.75});
  CHECK(values(arange(3, 0, -1.5)) == Values{3, 1.5});
  CHECK(values(arange(0, 5, 2, i64)) == Values{0, 2, 4});
  CHECK(arange(1, 0).shape() == Shape{0});
  CHECK(arange(0, 1, -1).shape() == Shape{0});
  CHECK_THROWS_WITH_AS(arange(-1), "a tensor cannot have the shape (-1,): a size is negative",
                       ShapeError);
  CHECK_THROWS_WITH_AS(arange(0, 1, 0), "arange: the step is 0", Error);
  CHECK_THROWS_WITH_AS(arange(0, 1e300), "arange: from 0 to 1e+300 by 1 are too many", Error);
  CHECK_THROWS_WITH_AS(arange(0, std::numeric_limits<double>::quiet_NaN()),
                       "arange: from 0 to nan by 1 are too many", Error);
}
