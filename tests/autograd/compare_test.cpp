#include <doctest/doctest.h>
#include <engram/engram.h>

#include <cmath>
#include <limits>

#include "values.h"

using namespace engram;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

TEST_CASE("compare: masks of every comparison, broadcast, for every dtype") {
  for (const DType dtype : {f32, f64, i64, u8}) {
    CAPTURE(std::string(name_of(dtype)));
    const Tensor a = tensor({1, 2, 3}, dtype), b = tensor({2}, dtype);
    CHECK(values(a == b) == Values{0, 1, 0});
    CHECK(values(a != b) == Values{1, 0, 1});
    CHECK(values(a < b) == Values{1, 0, 0});
    CHECK(values(a <= b) == Values{1, 1, 0});
    CHECK(values(a > 2) == Values{0, 0, 1});
    CHECK(values(a >= 2) == Values{0, 1, 1});
    CHECK((a == 2).dtype() == boolean);
  }
}

TEST_CASE("compare: NaN equals nothing, and is neither less nor more") {
  const Tensor x = tensor({nan_value}, f64);
  CHECK((x == x).item() == 0);
  CHECK((x != x).item() == 1);
  for (const Tensor& mask : {x<x, x <= x, x> x, x >= x, x < 1, x >= 1}) CHECK(mask.item() == 0);
}

TEST_CASE("compare: is not recorded") {
  const Tensor x = tensor({1, 2});
  x.set_requires_grad();
  Tape tape;
  CHECK_FALSE((x > 1).requires_grad());
  CHECK(tape.size() == 0);
}

TEST_CASE("compare: operands that do not fit") {
  CHECK_THROWS_WITH_AS(static_cast<void>(zeros({2}) == zeros({3})),
                       "==: shapes (2,) and (3,) cannot be broadcast together", ShapeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(zeros({2}) < zeros({2}, f64)),
                       "<: dtypes differ: f32 and f64", DTypeError);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(ones({2}, boolean) == 2.),
      "the number 2 meets a tensor of boolean, which cannot hold it; cast() converts", DTypeError);
  CHECK((zeros({0}) == zeros({1})).shape() == Shape{0});
}

TEST_CASE("compare: booleans, of which false is the smaller") {
  const Tensor a = tensor({0, 0, 1, 1}, boolean), b = tensor({0, 1, 0, 1}, boolean);
  CHECK(values(a == b) == Values{1, 0, 0, 1});
  CHECK(values(a != b) == Values{0, 1, 1, 0});
  CHECK(values(a < b) == Values{0, 1, 0, 0});
  CHECK(values(a <= b) == Values{1, 1, 0, 1});
  CHECK(values(a > b) == Values{0, 0, 1, 0});
  CHECK(values(a == true) == Values{0, 0, 1, 1});
}

TEST_CASE("&&, || and !: elementwise and broadcast, of booleans") {
  const Tensor a = tensor({0, 0, 1, 1}, boolean), b = tensor({0, 1, 0, 1}, boolean);
  CHECK(values(a && b) == Values{0, 0, 0, 1});
  CHECK(values(a || b) == Values{0, 1, 1, 1});
  CHECK(values(!a) == Values{1, 1, 0, 0});
  CHECK((a && b).dtype() == boolean);
  CHECK((!a).dtype() == boolean);
  const Tensor column = tensor({0, 1}, {2, 1}, boolean);
  CHECK((column || b).shape() == Shape{2, 4});
  CHECK(values(column || b) == Values{0, 1, 0, 1, 1, 1, 1, 1});
  CHECK(values(b && column) == Values{0, 0, 0, 0, 0, 1, 0, 1});
  CHECK(values(a && scalar(1, boolean)) == values(a));
  CHECK((!scalar(0, boolean)).item<bool>());
  CHECK((!zeros({0, 2}, boolean)).shape() == Shape{0, 2});
  CHECK((zeros({0}, boolean) && ones({1}, boolean)).shape() == Shape{0});

  CHECK_THROWS_WITH_AS(static_cast<void>(a && ones({4})), "&&: needs boolean, got f32", DTypeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(ones({4}, u8) || a), "||: needs boolean, got u8",
                       DTypeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(a && ones({3}, boolean)),
                       "&&: shapes (4,) and (3,) cannot be broadcast together", ShapeError);
}

TEST_CASE("where: chooses, for every dtype, and does not let the other side through") {
  const Tensor mask = tensor({1, 0, 1}, boolean);
  CHECK(values(where(mask, tensor({1, 2, 3}, i64), 9)) == Values{1, 9, 3});
  CHECK(values(where(mask, 9, tensor({1, 2, 3}, u8))) == Values{9, 2, 9});
  CHECK(values(where(mask, tensor({1, nan_value, 3}), tensor({nan_value, 5, nan_value}))) ==
        Values{1, 5, 3});
  CHECK(where(ones({1}, boolean), zeros({0, 2}), 1).shape() == Shape{0, 2});

  // An infinite derivative of the side that is not chosen does not enter the gradient.
  const Tensor x = tensor({0, 4}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor y = where(x > 0, x, 1);
  CHECK(values(tape.gradient(sum(y), {x})[0]) == Values{0, 1});
}

TEST_CASE("where: operands that do not fit") {
  const Tensor mask = ones({2}, boolean);
  CHECK_THROWS_WITH_AS(where(ones({2}, u8), zeros({2}), zeros({2})),
                       "where: the mask must be boolean, got u8", DTypeError);
  CHECK_THROWS_WITH_AS(where(mask, zeros({2}), zeros({2}, f64)),
                       "where: dtypes differ: f32 and f64", DTypeError);
  CHECK_THROWS_WITH_AS(where(mask, zeros({2}), zeros({3})),
                       "where: shapes (2,) and (3,) cannot be broadcast together", ShapeError);
  CHECK_THROWS_WITH_AS(where(mask, zeros({3}), zeros({3})),
                       "where: shapes (2,) and (3,) cannot be broadcast together", ShapeError);
}

TEST_CASE("clamp: limits, their gradient, and NaN") {
  const Tensor x = tensor({-3, -1, 0, 2, 3}, f64);
  CHECK(values(clamp(x, -1, 2)) == Values{-1, -1, 0, 2, 2});
  CHECK(values(clamp(x, 1, 1)) == Values{1, 1, 1, 1, 1});
  CHECK(std::isnan(clamp(tensor({nan_value}), 0, 1).item()));
  CHECK(clamp(zeros({0}), 0, 1).shape() == Shape{0});
  x.set_requires_grad();
  Tape tape;
  CHECK(values(tape.gradient(sum(clamp(x, -1, 2)), {x})[0]) == Values{0, 1, 1, 1, 0});
  CHECK_THROWS_WITH_AS(clamp(x, 2, 1), "clamp: the limits 2 and 1 are in the wrong order", Error);
  CHECK_THROWS_WITH_AS(clamp(arange(3), 0, 1), "clamp: needs f32 or f64, got i64", DTypeError);
}
