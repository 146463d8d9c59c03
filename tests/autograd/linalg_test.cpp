#include <doctest/doctest.h>
#include <engram/engram.h>

#include <cmath>
#include <limits>

#include "instruction_sets.h"
#include "values.h"

using namespace engram;

TEST_CASE("matmul: values, with either operand stored transposed") {
  const Tensor a = reshape(arange(0, 6, 1, f64), {2, 3}), b = reshape(arange(0, 6, 1, f64), {3, 2});
  CHECK(values(matmul(a, b)) == Values{10, 13, 28, 40});
  CHECK(values(matmul(a, a, {.transpose_b = true})) == Values{5, 14, 14, 50});
  CHECK(values(matmul(a, a, {.transpose_a = true})) == Values{9, 12, 15, 12, 17, 22, 15, 22, 29});
  CHECK(values(matmul(a, b, {.transpose_a = true, .transpose_b = true})) ==
        Values{3, 9, 15, 4, 14, 24, 5, 19, 33});
}

TEST_CASE("matmul: transposed products of batches that are broadcast, element by element") {
  Generator generator(1);
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const Tensor a = randn(ta ? Shape{2, 1, 4, 3} : Shape{2, 1, 3, 4}, f64, generator);
      const Tensor b = randn(tb ? Shape{5, 2, 4} : Shape{5, 4, 2}, f64, generator);
      const Tensor c = matmul(a, b, {.transpose_a = ta, .transpose_b = tb});
      REQUIRE(c.shape() == Shape{2, 5, 3, 2});
      double difference = 0;
      for (std::size_t p = 0; p < 2; ++p) {
        for (std::size_t q = 0; q < 5; ++q) {
          for (std::size_t i = 0; i < 3; ++i) {
            for (std::size_t j = 0; j < 2; ++j) {
              double expected = 0;
              for (std::size_t k = 0; k < 4; ++k) {
                expected += a.data<double>()[p * 12 + (ta ? k * 3 + i : i * 4 + k)] *
                            b.data<double>()[q * 8 + (tb ? j * 4 + k : k * 2 + j)];
              }
              const double got = c.data<double>()[((p * 5 + q) * 3 + i) * 2 + j];
              difference = std::max(difference, std::abs(got - expected));
            }
          }
        }
      }
      CHECK(difference < 1e-14);
    }
  }
}

TEST_CASE("matmul: sizes 0 and 1") {
  CHECK(matmul(zeros({0, 3}), zeros({3, 2})).shape() == Shape{0, 2});
  CHECK(values(matmul(zeros({2, 0}), zeros({0, 2}))) == Values{0, 0, 0, 0});
  CHECK(matmul(zeros({0, 2, 3}), zeros({3, 2})).shape() == Shape{0, 2, 2});
  CHECK(matmul(full({1, 1}, 3), full({1, 1}, 4)).item() == 12);

  const Tensor a = zeros({2, 0}, f64), b = zeros({0, 3}, f64);
  a.set_requires_grad();
  b.set_requires_grad();
  Tape tape;
  tape.backward(sum(matmul(a, b)));
  CHECK(a.grad().shape() == Shape{2, 0});
  CHECK(b.grad().shape() == Shape{0, 3});
}

TEST_CASE("matmul: operands that do not fit") {
  const Tensor a = zeros({2, 3});
  CHECK_THROWS_WITH_AS(matmul(a, zeros({2, 3})),
                       "matmul: inner sizes differ: a is (2, 3), b is (2, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(matmul(a, zeros({3, 2}), {.transpose_b = true}),
                       "matmul: inner sizes differ: a is (2, 3), b is (3, 2) transposed",
                       ShapeError);
  CHECK_THROWS_WITH_AS(matmul(a, zeros({3, 2}), {.transpose_a = true}),
                       "matmul: inner sizes differ: a is (2, 3) transposed, b is (3, 2)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(matmul(zeros({3}), a), "matmul: needs matrices, a is (3,), b is (2, 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(matmul(zeros({2, 2, 3}), zeros({3, 3, 2})),
                       "matmul: shapes (2,) and (3,) cannot be broadcast together", ShapeError);
  CHECK_THROWS_WITH_AS(matmul(a, zeros({3, 2}, f64)), "matmul: dtypes differ: f32 and f64",
                       DTypeError);
  CHECK_THROWS_WITH_AS(matmul(zeros({1, 1}, i64), zeros({1, 1}, i64)),
                       "matmul: needs f32 or f64, got i64", DTypeError);
}

TEST_CASE("matmul: one infinity reaches its row, or its column, and nothing else") {
  const auto infinite = std::numeric_limits<float>::infinity();
  struct Sizes {
    std::int64_t rows, depth, columns;
  };
  // Full and partial vectors and tiles, matrix-vector products, several blocks.
  for (const Sizes& sizes :
       {Sizes{3, 5, 7}, {1, 40, 33}, {33, 40, 1}, {70, 1, 50}, {61, 300, 129}}) {
    const std::int64_t rows = sizes.rows, depth = sizes.depth, columns = sizes.columns;
    for (const bool in_left : {true, false}) {
      Generator generator(4);
      const Tensor a = rand({rows, depth}, f32, generator) + 1;
      const Tensor b = rand({depth, columns}, f32, generator) + 1;
      const Tensor& changed = in_left ? a : b;
      changed.mutable_data<float>()[static_cast<std::size_t>(changed.numel() / 2)] = infinite;
      const std::int64_t row = a.numel() / 2 / depth, column = b.numel() / 2 % columns;
      for (const auto set : sets()) {
        const Using use(set);
        CAPTURE(rows);
        CAPTURE(set_name(set));
        for (const Tensor& y : {matmul(a, b), matmul(transpose(a, 0, 1), b, {.transpose_a = true}),
                                matmul(a, transpose(b, 0, 1), {.transpose_b = true})}) {
          std::int64_t wrong = 0;
          for (std::int64_t i = 0; i < y.numel(); ++i) {
            const bool seen = in_left ? i / columns == row : i % columns == column;
            wrong += std::isfinite(y.data<float>()[static_cast<std::size_t>(i)]) == seen;
            wrong += std::isnan(y.data<float>()[static_cast<std::size_t>(i)]);
          }
          CHECK(wrong == 0);
        }
      }
    }
  }
}

TEST_CASE("linear: is x·Wᵀ + b along the last axis") {
  const Tensor x = reshape(arange(0, 12, 1, f64), {2, 2, 3});
  const Tensor weight = tensor({1, 0, -1, 2, 2, 2}, {2, 3}, f64), bias = tensor({10, 20}, f64);
  CHECK(linear(x, weight).shape() == Shape{2, 2, 2});
  CHECK(values(linear(x, weight)) == Values{-2, 6, -2, 24, -2, 42, -2, 60});
  CHECK(values(linear(x, weight, bias)) == Values{8, 26, 8, 44, 8, 62, 8, 80});
  CHECK(linear(tensor({1, 2, 3}, f64), weight, bias).shape() == Shape{2});
}

TEST_CASE("linear: sizes 0 and 1") {
  CHECK(linear(zeros({0, 3}), zeros({2, 3}), zeros({2})).shape() == Shape{0, 2});
  CHECK(linear(zeros({4, 3}), zeros({0, 3})).shape() == Shape{4, 0});
  const Tensor x = zeros({4, 0}, f64), weight = zeros({2, 0}, f64), bias = tensor({5, 6}, f64);
  CHECK(values(linear(x, weight, bias)) == Values{5, 6, 5, 6, 5, 6, 5, 6});
  CHECK(linear(full({1}, 3), full({1, 1}, 2), full({1}, 1)).item() == 7);
  for (const Tensor& each : {x, weight, bias}) each.set_requires_grad();
  Tape tape;
  tape.backward(sum(linear(x, weight, bias)));
  CHECK(x.grad().shape() == Shape{4, 0});
  CHECK(weight.grad().shape() == Shape{2, 0});
  CHECK(values(bias.grad()) == Values{4, 4});
}

TEST_CASE("linear: operands that do not fit") {
  const Tensor x = zeros({5, 3}), weight = zeros({2, 3});
  CHECK_THROWS_WITH_AS(linear(zeros({5, 4}), weight),
                       "linear: input is (5, 4), weight (2, 3) expects (…, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(linear(zeros({}), weight),
                       "linear: input is (), weight (2, 3) expects (…, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(linear(x, zeros({3})), "linear: weight must be (out, in), got (3,)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(linear(x, weight, zeros({3})),
                       "linear: bias is (3,), weight (2, 3) expects (2,)", ShapeError);
  CHECK_THROWS_WITH_AS(linear(x, zeros({2, 3}, f64)), "linear: dtypes differ: f32 and f64",
                       DTypeError);
  CHECK_THROWS_WITH_AS(linear(x, weight, zeros({2}, f64)), "linear: dtypes differ: f32 and f64",
                       DTypeError);
}

TEST_CASE("outer: every product of two vectors") {
  CHECK(values(outer(tensor({1, 2}), tensor({3, 4, 5}))) == Values{3, 4, 5, 6, 8, 10});
  CHECK(outer(zeros({0}), zeros({2})).shape() == Shape{0, 2});
  CHECK_THROWS_WITH_AS(outer(zeros({2, 1}), zeros({2})),
                       "outer: needs two vectors, a is (2, 1), b is (2,)", ShapeError);
}
