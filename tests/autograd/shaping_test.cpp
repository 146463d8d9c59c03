#include "moved.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/indexing.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/ops/softmax.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <vector>

using namespace engram;

TEST_CASE("reshape shares memory and infers a size") {
  const Tensor x = counting({2, 3});
  const Tensor y = reshape(x, {3, -1});
  CHECK(y.shape() == Shape{3, 2});
  CHECK(share(x, y));
  CHECK(reshape(x, {-1}).shape() == Shape{6});
  CHECK(reshape(x, {2, 3}).is(x));
  CHECK(reshape(scalar(1), {1, 1}).shape() == Shape{1, 1});
  CHECK(reshape(zeros({0, 3}), {3, 0}).shape() == Shape{3, 0});
  CHECK_THROWS_WITH_AS(reshape(x, {4}), "reshape: (2, 3) does not fit (4,)", ShapeError);
  CHECK_THROWS_WITH_AS(reshape(x, {4, -1}), "reshape: (2, 3) does not fit (4, -1)", ShapeError);
  CHECK_THROWS_WITH_AS(reshape(zeros({0}), {0, -1}), "reshape: (0,) does not fit (0, -1)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(reshape(x, {-1, -1}), "reshape: only one size of (-1, -1) can be -1",
                       ShapeError);
  CHECK_THROWS_WITH_AS(reshape(x, {-2, -3}), "reshape: a size of (-2, -3) is negative", ShapeError);
  // Sizes whose product would overflow to the number of elements.
  CHECK_THROWS_WITH_AS(reshape(zeros({0}), {std::int64_t{1} << 32, std::int64_t{1} << 32}),
                       "a tensor of shape (4294967296, 4294967296) is too large", ShapeError);
  CHECK(gradient_of(x, [](const Tensor& v) { return reshape(v, {6}); }) ==
        Values{0, 1, 2, 3, 4, 5});
}

TEST_CASE("flatten makes one axis of several") {
  const Tensor x = counting({2, 3, 4});
  CHECK(flatten(x).shape() == Shape{24});
  CHECK(flatten(x, 1).shape() == Shape{2, 12});
  CHECK(flatten(x, 0, 1).shape() == Shape{6, 4});
  CHECK(flatten(x, -2, -1).shape() == Shape{2, 12});
  CHECK(flatten(x, 1, 1).shape() == Shape{2, 3, 4});
  CHECK(flatten(scalar(1)).shape() == Shape{1});
  CHECK(flatten(zeros({0, 3}), 0).shape() == Shape{0});
  CHECK(share(flatten(x), x));
  CHECK_THROWS_WITH_AS(flatten(x, 2, 1), "flatten: axis 2 is behind axis 1 in shape (2, 3, 4)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(flatten(x, 3), "axis 3 is out of range for shape (2, 3, 4)", ShapeError);
}

TEST_CASE("squeeze and unsqueeze take and add axes of size 1") {
  const Tensor x = counting({1, 3, 1, 2});
  CHECK(squeeze(x).shape() == Shape{3, 2});
  CHECK(squeeze(x, 0).shape() == Shape{3, 1, 2});
  CHECK(squeeze(x, -2).shape() == Shape{1, 3, 2});
  CHECK(squeeze(x, 1).shape() == x.shape());
  CHECK(squeeze(ones({1, 1})).shape() == Shape{});
  CHECK(squeeze(zeros({0, 1})).shape() == Shape{0});
  CHECK(share(squeeze(x), x));
  CHECK_THROWS_WITH_AS(squeeze(x, 4), "axis 4 is out of range for shape (1, 3, 1, 2)", ShapeError);

  const Tensor y = counting({2, 3});
  CHECK(unsqueeze(y, 0).shape() == Shape{1, 2, 3});
  CHECK(unsqueeze(y, 2).shape() == Shape{2, 3, 1});
  CHECK(unsqueeze(y, -1).shape() == Shape{2, 3, 1});
  CHECK(unsqueeze(y, -3).shape() == Shape{1, 2, 3});
  CHECK(unsqueeze(scalar(1), 0).shape() == Shape{1});
  CHECK(share(unsqueeze(y, 1), y));
  CHECK_THROWS_WITH_AS(unsqueeze(y, 3), "unsqueeze: axis 3 is out of range for shape (2, 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(unsqueeze(y, -4), "unsqueeze: axis -4 is out of range for shape (2, 3)",
                       ShapeError);
}

TEST_CASE("expand stretches") {
  for (DType dtype : number_dtypes) {
    CHECK(values(expand(tensor({1, 2}, {2, 1}, dtype), {2, 3})) == Values{1, 1, 1, 2, 2, 2});
    CHECK(values(expand(tensor({1, 2}, dtype), {2, 2})) == Values{1, 2, 1, 2});
    CHECK(values(expand(tensor({1, 2}, {2, 1, 1}, dtype), {2, 2, 2})) ==
          Values{1, 1, 1, 1, 2, 2, 2, 2});
  }
  CHECK(values(expand(tensor({1, 2, 3, 4}, {2, 1, 2}), {2, 2, 2})) ==
        Values{1, 2, 1, 2, 3, 4, 3, 4});
  CHECK(values(expand(tensor({1, 2}, {1, 2, 1}), {2, 2, 2})) == Values{1, 1, 2, 2, 1, 1, 2, 2});
  CHECK(values(expand(scalar(5), {3})) == Values{5, 5, 5});
  CHECK(expand(ones({1, 3}), {0, 3}).shape() == Shape{0, 3});
  CHECK_THROWS_WITH_AS(expand(ones({2, 3}), {3}), "expand: (2, 3) does not stretch to (3,)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(expand(ones({2}), {3}),
                       "expand: shapes (2,) and (3,) cannot be broadcast together", ShapeError);
  CHECK(gradient_of(ones({2, 1}), [](const Tensor& v) {
          return expand(v, {2, 3});
        }) == Values{3, 12});
}

TEST_CASE("permute and transpose rearrange the axes") {
  for (DType dtype : number_dtypes) {
    const Tensor x = counting({2, 3}, dtype);
    CHECK(values(transpose(x, 0, 1)) == Values{0, 3, 1, 4, 2, 5});
    CHECK(values(permute(counting({2, 2, 2}, dtype), {2, 0, 1})) == Values{0, 2, 4, 6, 1, 3, 5, 7});
  }
  const Tensor x = counting({2, 3, 4});
  CHECK(permute(x, {2, 0, 1}).shape() == Shape{4, 2, 3});
  CHECK(permute(x, {-1, 0, -2}).shape() == Shape{4, 2, 3});
  CHECK(transpose(x, 0, -1).shape() == Shape{4, 3, 2});
  CHECK(values(permute(x, {0, 1, 2})) == values(x));
  CHECK_FALSE(share(permute(x, {0, 1, 2}), x));
  CHECK(values(transpose(counting({1, 3}), 0, 1)) == Values{0, 1, 2});
  CHECK(transpose(zeros({0, 3}), 0, 1).shape() == Shape{3, 0});
  CHECK(permute(scalar(7), {}).item() == 7);
  CHECK_THROWS_WITH_AS(permute(x, {0, 1}),
                       "permute: (0, 1) does not name every axis of (2, 3, 4) once", ShapeError);
  CHECK_THROWS_WITH_AS(permute(x, {0, 1, -2}),
                       "permute: (0, 1, -2) does not name every axis of (2, 3, 4) once",
                       ShapeError);
  CHECK_THROWS_WITH_AS(transpose(x, 0, 3), "axis 3 is out of range for shape (2, 3, 4)",
                       ShapeError);
}

TEST_CASE("permute agrees with the definition for any order and for sizes beyond a tile") {
  const Shape shape = {3, 37, 2, 70};
  const Tensor x = counting(shape, i64);
  const auto in = x.data<std::int64_t>();
  const Shape from = strides(shape);
  Axes order = {0, 1, 2, 3};
  do {
    const Tensor y = permute(x, order);
    const auto out = y.data<std::int64_t>();
    std::size_t at = 0;
    bool equal = true;
    for (std::int64_t i = 0; i < y.size(0); ++i) {
      for (std::int64_t j = 0; j < y.size(1); ++j) {
        for (std::int64_t k = 0; k < y.size(2); ++k) {
          for (std::int64_t l = 0; l < y.size(3); ++l) {
            const auto axis = [&](int n) { return from[static_cast<int>(order[n])]; };
            const std::int64_t there = i * axis(0) + j * axis(1) + k * axis(2) + l * axis(3);
            equal &= out[at++] == in[static_cast<std::size_t>(there)];
          }
        }
      }
    }
    CHECK_MESSAGE(equal, fmt::format("order {}", order));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("the gradients of permute and transpose go back where the elements came from") {
  CHECK(gradient_of(ones({2, 3}), [](const Tensor& v) { return transpose(v, 0, 1); }) ==
        Values{0, 2, 4, 1, 3, 5});
  CHECK(gradient_of(ones({2, 1, 3}), [](const Tensor& v) {
          return permute(v, {2, 0, 1});
        }) == Values{0, 2, 4, 1, 3, 5});
}

TEST_CASE("an axis of 64 bits is not cut to 32") {
  const Tensor x = ones({2, 3}), index = zeros({2, 3}, i64), row = zeros({1}, i64);
  constexpr std::int64_t axis = std::int64_t{1} << 32;  // 0 in 32 bits
  const std::vector<std::function<void()>> calls = {
      [&] { x.size(axis); },
      [&] { sum(x, {axis}); },
      [&] { argmax(x, axis); },
      [&] { softmax(x, axis); },
      [&] { log_softmax(x, axis); },
      [&] { flatten(x, axis); },
      [&] { flatten(x, 0, axis); },
      [&] { squeeze(x, axis); },
      [&] { transpose(x, 0, axis); },
      [&] { transpose(x, axis, 1); },
      [&] {
        permute(x, {1, axis});
      },
      [&] { cat({x}, axis); },
      [&] { slice(x, axis, 0, 1); },
      [&] { split(x, 1, axis); },
      [&] { gather(x, axis, index); },
      [&] { scatter_add(x, axis, index, x); },
      [&] { index_select(x, axis, row); },
      [&] {
        index_add(x, axis, row, ones({1, 3}));
      },
  };
  for (std::size_t k = 0; k < calls.size(); ++k) {
    CAPTURE(k);
    CHECK_THROWS_WITH_AS(calls[k](), "axis 4294967296 is out of range for shape (2, 3)",
                         ShapeError);
  }
  CHECK_THROWS_WITH_AS(unsqueeze(x, axis),
                       "unsqueeze: axis 4294967296 is out of range for shape (2, 3)", ShapeError);
  CHECK_THROWS_AS(stack({x}, axis), ShapeError);
}
