#include "moved.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/tape.h>

#include <doctest/doctest.h>

#include <limits>

using namespace engram;

namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("cat joins along an axis") {
  for (DType dtype : number_dtypes) {
    const Tensor a = tensor({1, 2}, {1, 2}, dtype), b = tensor({3, 4, 5, 6}, {2, 2}, dtype);
    CHECK(values(cat({a, b})) == Values{1, 2, 3, 4, 5, 6});
    CHECK(values(cat({tensor({1, 2}, {2, 1}, dtype), b}, -1)) == Values{1, 3, 4, 2, 5, 6});
  }
  const Tensor x = counting({2, 3, 2});
  CHECK(cat({x, x, x}, 1).shape() == Shape{2, 9, 2});
  CHECK(values(cat({counting({2, 1, 2}), counting({2, 1, 2})}, 1)) ==
        Values{0, 1, 0, 1, 2, 3, 2, 3});
  CHECK(values(cat({zeros({0, 2}), tensor({1, 2}, {1, 2}), zeros({0, 2})})) == Values{1, 2});
  CHECK(cat({zeros({0, 2}), zeros({0, 3})}, 1).shape() == Shape{0, 5});
  CHECK_FALSE(share(cat({x}), x));
  CHECK_THROWS_WITH_AS(cat({}), "cat: needs at least one tensor", Error);
  CHECK_THROWS_WITH_AS(cat({ones({2, 3}), ones({3, 2})}),
                       "cat: shapes (2, 3) and (3, 2) differ not only in axis 0", ShapeError);
  CHECK_THROWS_WITH_AS(cat({ones({2, 3}), ones({2})}),
                       "cat: shapes (2, 3) and (2,) differ not only in axis 0", ShapeError);
  CHECK_THROWS_WITH_AS(cat({ones({2}), ones({2}, f64)}), "cat: dtypes differ: f32 and f64",
                       DTypeError);
  CHECK_THROWS_WITH_AS(cat({scalar(1)}), "axis 0 is out of range for shape ()", ShapeError);
}

TEST_CASE("stack joins along a new axis") {
  const Tensor a = tensor({1, 2}), b = tensor({3, 4});
  CHECK(values(stack({a, b})) == Values{1, 2, 3, 4});
  CHECK(stack({a, b, a}).shape() == Shape{3, 2});
  CHECK(values(stack({a, b}, 1)) == Values{1, 3, 2, 4});
  CHECK(values(stack({a, b}, -1)) == Values{1, 3, 2, 4});
  CHECK(values(stack({scalar(1), scalar(2)})) == Values{1, 2});
  CHECK(stack({zeros({0})}).shape() == Shape{1, 0});
  CHECK_THROWS_WITH_AS(stack({}), "stack: needs at least one tensor", Error);
  CHECK_THROWS_WITH_AS(stack({a, ones({3})}), "stack: shapes differ: (2,) and (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(stack({a, ones({2}, i64)}), "stack: dtypes differ: f32 and i64", DTypeError);
}

TEST_CASE("slice follows Python's rule for bounds") {
  const Tensor x = counting({5});
  CHECK(values(slice(x, 0, 1, 3)) == Values{1, 2});
  CHECK(values(slice(x, 0, -2, 5)) == Values{3, 4});
  CHECK(values(slice(x, 0, 0, -3)) == Values{0, 1});
  CHECK(values(slice(x, -1, lowest, highest)) == values(x));
  CHECK(slice(x, 0, 3, 1).shape() == Shape{0});
  CHECK(slice(x, 0, 7, 9).shape() == Shape{0});
  CHECK(slice(zeros({0}), 0, 0, 1).shape() == Shape{0});
  CHECK(slice(zeros({2, 0}), 1, -1, 1).shape() == Shape{2, 0});
  CHECK_THROWS_WITH_AS(slice(x, 1, 0, 1), "axis 1 is out of range for shape (5,)", ShapeError);
}

TEST_CASE("slice shares memory along axis 0 and copies along the others") {
  for (DType dtype : number_dtypes) {
    const Tensor x = counting({3, 4}, dtype);
    CHECK(values(slice(x, 0, 1, 2)) == Values{4, 5, 6, 7});
    CHECK(values(slice(x, 1, 1, 3)) == Values{1, 2, 5, 6, 9, 10});
  }
  const Tensor x = counting({3, 4});
  slice(x, 0, 1, 2).data<float>()[0] = 40;
  CHECK(x.data<float>()[4] == 40);
  slice(x, 1, 1, 2).data<float>()[0] = 10;
  CHECK(x.data<float>()[1] == 1);
}

TEST_CASE("split cuts into equal slices, the last one smaller") {
  const std::vector<Tensor> parts = split(counting({5}), 2);
  REQUIRE(parts.size() == 3);
  CHECK(values(parts[0]) == Values{0, 1});
  CHECK(values(parts[2]) == Values{4});
  CHECK(split(counting({2, 4}), 2, -1).size() == 2);
  CHECK(values(split(counting({2, 4}), 2, 1)[1]) == Values{2, 3, 6, 7});
  CHECK(split(counting({3}), highest).size() == 1);
  CHECK(split(zeros({0, 2}), 3).size() == 1);
  CHECK_THROWS_WITH_AS(split(counting({3}), 0), "split: needs a size of at least 1, got 0", Error);
}

TEST_CASE("pad surrounds, and crops where it is negative") {
  for (DType dtype : number_dtypes) {
    CHECK(values(pad(tensor({1, 2}, dtype), {1, 2}, 7)) == Values{7, 1, 2, 7, 7});
  }
  const Tensor x = tensor({1, 2, 3, 4}, {2, 2});
  CHECK(pad(x, {1, 0, 0, 2}).shape() == Shape{4, 3});
  CHECK(values(pad(x, {1, 0, 0, 1})) == Values{0, 1, 2, 0, 3, 4, 0, 0, 0});
  CHECK(values(pad(x, {-1, 1})) == Values{2, 0, 4, 0});
  CHECK(values(pad(x, {0, 0, -1, 0})) == Values{3, 4});
  CHECK(pad(x, {-1, -1}).shape() == Shape{2, 0});
  CHECK(values(pad(x, {})) == values(x));
  CHECK(values(pad(zeros({0}), {1, 1}, 5)) == Values{5, 5});
  CHECK_THROWS_WITH_AS(
      pad(x, {1}), "pad: 1 numbers are not a pair for each of the last axes of (2, 2)", ShapeError);
  CHECK_THROWS_WITH_AS(pad(x, {1, 1, 1, 1, 1, 1}),
                       "pad: 6 numbers are not a pair for each of the last axes of (2, 2)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(pad(x, {-2, -1}), "pad: -2 and -1 do not fit axis 1 of (2, 2)", ShapeError);
  CHECK_THROWS_WITH_AS(pad(x, {0, std::int64_t{1} << 40, 0, std::int64_t{1} << 40}),
                       "a tensor of shape (1099511627778, 1099511627778) is too large", ShapeError);
  CHECK_THROWS_WITH_AS(pad(x, {0, 0, 0, highest}),
                       "pad: 0 and 9223372036854775807 do not fit axis 0 of (2, 2)", ShapeError);
}

TEST_CASE(
    "the gradients of cat, stack, slice, split and pad go back where the elements came from") {
  const auto catted = [](const Tensor& v) { return cat({v, v * 2, v}, 1); };
  CHECK(gradient_of(ones({2, 1}), catted) == Values{0 + 2 * 1 + 2, 3 + 2 * 4 + 5});
  CHECK(gradient_of(ones({2}), [](const Tensor& v) { return stack({v, v}, 1); }) == Values{1, 5});
  CHECK(gradient_of(ones({4}), [](const Tensor& v) { return slice(v, 0, 1, 3); }) ==
        Values{0, 0, 1, 0});
  CHECK(gradient_of(ones({2, 3}), [](const Tensor& v) { return slice(v, 1, 1, 3); }) ==
        Values{0, 0, 1, 0, 2, 3});
  CHECK(gradient_of(ones({3}), [](const Tensor& v) { return split(v, 2)[1]; }) == Values{0, 0, 0});
  CHECK(gradient_of(ones({3}), [](const Tensor& v) { return pad(v, {2, 1}); }) == Values{2, 3, 4});
  CHECK(gradient_of(ones({3}), [](const Tensor& v) {
          return pad(v, {-1, 2}, 9);
        }) == Values{0, 0, 1});
}

TEST_CASE("only the inputs of cat that want a gradient get one") {
  const Tensor a = tensor({1, 2}), b = tensor({3});
  b.set_requires_grad();
  Tape tape;
  tape.backward(sum(square(cat({a, b}))));
  CHECK_FALSE(a.grad().defined());
  CHECK(values(b.grad()) == Values{6});
}
