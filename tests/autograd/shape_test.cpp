#include <engram/autograd/shape.h>

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <vector>

using namespace engram;

TEST_CASE("a shape knows its sizes from either end") {
  const Shape shape = {2, 3, 4};
  CHECK(shape.rank() == 3);
  CHECK(shape.numel() == 24);
  CHECK(shape.size(0) == 2);
  CHECK(shape.size(-1) == 4);
  CHECK(shape.axis(-3) == 0);
  CHECK(shape.axis(2) == 2);
  CHECK_THROWS_WITH_AS(shape.size(3), "axis 3 is out of range for shape (2, 3, 4)", ShapeError);
  CHECK_THROWS_WITH_AS(shape.axis(-4), "axis -4 is out of range for shape (2, 3, 4)", ShapeError);
  CHECK_THROWS_WITH_AS(Shape().size(0), "axis 0 is out of range for shape ()", ShapeError);
}

TEST_CASE("the empty shape has one element, a size of 0 none") {
  CHECK(Shape().rank() == 0);
  CHECK(Shape().numel() == 1);
  CHECK(Shape{3, 0, 2}.numel() == 0);
  CHECK(Shape{1}.numel() == 1);
}

TEST_CASE("a shape has at most 8 axes") {
  Shape shape = {1, 1, 1, 1, 1, 1, 1, 1};
  CHECK(shape.rank() == Shape::max_rank);
  CHECK_THROWS_WITH_AS(shape.push_back(1), "a shape has at most 8 axes", ShapeError);
  CHECK_THROWS_WITH_AS(Shape(std::vector<std::int64_t>(9, 1)), "a shape has at most 8 axes",
                       ShapeError);
}

TEST_CASE("shapes are equal when all their sizes are") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2} != Shape{2, 1});
  CHECK(Shape{} == Shape());
  CHECK(Shape{2, 3, 4}.without(1) == Shape{2, 4});  // stale elements must not be compared
}

TEST_CASE("a shape without, and with another, axis") {
  const Shape shape = {2, 3, 4};
  CHECK(shape.without(0) == Shape{3, 4});
  CHECK(Shape{5}.without(0) == Shape{});
  CHECK(shape.with(1, 7) == Shape{2, 7, 4});
  CHECK(shape == Shape{2, 3, 4});
}

TEST_CASE("broadcast stretches sizes of 1, aligned at the last axis") {
  CHECK(broadcast("add", {2, 3}, {2, 3}) == Shape{2, 3});
  CHECK(broadcast("add", {2, 1}, {1, 3}) == Shape{2, 3});
  CHECK(broadcast("add", {3}, {2, 3}) == Shape{2, 3});
  CHECK(broadcast("add", {2, 3}, {}) == Shape{2, 3});
  CHECK(broadcast("add", {}, {}) == Shape{});
  CHECK(broadcast("add", {1, 3}, {0, 1}) == Shape{0, 3});
  CHECK_THROWS_WITH_AS(broadcast("add", {2, 3}, {2}),
                       "add: shapes (2, 3) and (2,) cannot be broadcast together", ShapeError);
  CHECK_THROWS_WITH_AS(broadcast("mul", {0}, {2}),
                       "mul: shapes (0,) and (2,) cannot be broadcast together", ShapeError);
}

TEST_CASE("strides are row-major") {
  CHECK(strides({2, 3, 4}) == Shape{12, 4, 1});
  CHECK(strides({5}) == Shape{1});
  CHECK(strides({}) == Shape{});
  CHECK(strides({2, 0}) == Shape{0, 1});
}

TEST_CASE("check_sizes refuses what no tensor can have") {
  check_sizes({});
  check_sizes({0, 3});
  CHECK_THROWS_WITH_AS(check_sizes({2, -1}),
                       "a tensor cannot have the shape (2, -1): a size is negative", ShapeError);
  const std::int64_t large = std::int64_t{1} << 40;
  CHECK_THROWS_WITH_AS(check_sizes({large, large}),
                       "a tensor of shape (1099511627776, 1099511627776) is too large", ShapeError);
  // Even where another size is 0: the strides must fit too.
  CHECK_THROWS_WITH_AS(check_sizes({0, large, large}),
                       "a tensor of shape (0, 1099511627776, 1099511627776) is too large",
                       ShapeError);
}

TEST_CASE("a shape prints as a tuple") {
  CHECK(fmt::format("{}", Shape{2, 3}) == "(2, 3)");
  CHECK(fmt::format("{}", Shape{2}) == "(2,)");
  CHECK(fmt::format("{}", Shape{}) == "()");
}
