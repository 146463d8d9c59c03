#include "values.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/indexing.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/threads.h>

#include <doctest/doctest.h>

using namespace engram;

namespace {

constexpr DType number_dtypes[] = {f32, f64, i64, u8};

Tensor indices(std::initializer_list<double> values) { return tensor(values, i64); }
Tensor indices(std::initializer_list<double> values, const Shape& shape) {
  return tensor(values, shape, i64);
}

}  // namespace

TEST_CASE("gather takes the elements that the index names along an axis") {
  for (DType dtype : number_dtypes) {
    const Tensor x = tensor({1, 2, 3, 4, 5, 6}, {2, 3}, dtype);
    CHECK(values(gather(x, 1, indices({2, 0, 0, 1}, {2, 2}))) == Values{3, 1, 4, 5});
    CHECK(values(gather(x, 0, indices({1, 0, 1}, {1, 3}))) == Values{4, 2, 6});
    CHECK(values(gather(x, -1, indices({2, 1}, {2, 1}))) == Values{3, 5});
  }
  const Tensor x = reshape(arange(12), {2, 3, 2});
  CHECK(values(gather(x, 1, indices({2, 0, 1, 1}, {2, 1, 2}))) == Values{4, 1, 8, 9});
  // The index may be smaller than x along the other axes too.
  CHECK(values(gather(x, 1, indices({2, 0}, {1, 2, 1}))) == Values{4, 0});
  CHECK(gather(x, 1, zeros({2, 0, 2}, i64)).shape() == Shape{2, 0, 2});
  CHECK(gather(zeros({0, 3}), 1, zeros({0, 5}, i64)).shape() == Shape{0, 5});
  CHECK(values(gather(tensor({8}), 0, indices({0, 0, 0}))) == Values{8, 8, 8});
}

TEST_CASE("gather checks the index") {
  const Tensor x = ones({2, 3});
  CHECK_THROWS_WITH_AS(gather(x, 1, indices({0, 3}, {2, 1})),
                       "gather: index 3 is out of range for axis 1 of size 3", Error);
  CHECK_THROWS_WITH_AS(gather(x, 0, indices({0, -1, 0}, {1, 3})),
                       "gather: index -1 is out of range for axis 0 of size 2", Error);
  CHECK_THROWS_WITH_AS(gather(x, 1, zeros({2, 1})), "gather: the index must be i64, got f32",
                       DTypeError);
  CHECK_THROWS_WITH_AS(gather(x, 1, indices({0, 0})),
                       "gather: index (2,) does not fit (2, 3) along axis 1", ShapeError);
  CHECK_THROWS_WITH_AS(gather(x, 1, zeros({3, 1}, i64)),
                       "gather: index (3, 1) does not fit (2, 3) along axis 1", ShapeError);
  CHECK_THROWS_WITH_AS(gather(x, 2, zeros({2, 1}, i64)), "axis 2 is out of range for shape (2, 3)",
                       ShapeError);
}

TEST_CASE("scatter_add adds to the elements that the index names, as often as it does") {
  for (DType dtype : number_dtypes) {
    const Tensor x = tensor({10, 20, 30}, dtype);
    CHECK(values(scatter_add(x, 0, indices({2, 0, 2, 2}), tensor({1, 2, 3, 4}, dtype))) ==
          Values{12, 20, 38});
    CHECK(values(x) == Values{10, 20, 30});
  }
  CHECK(values(scatter_add(zeros({2, 3}), 1, indices({2, 2, 0, 1}, {2, 2}),
                           tensor({1, 2, 3, 4}, {2, 2}))) == Values{0, 0, 3, 3, 4, 0});
  CHECK(values(scatter_add(zeros({2, 2}), 0, indices({1, 1, 1}, {3, 1}),
                           tensor({1, 2, 3}, {3, 1}))) == Values{0, 0, 6, 0});
  CHECK(values(scatter_add(ones({2}), 0, zeros({0}, i64), zeros({0}))) == Values{1, 1});

  const Tensor x = ones({2, 3});
  CHECK_THROWS_WITH_AS(scatter_add(x, 1, zeros({2, 1}, i64), ones({2, 2})),
                       "scatter_add: source is (2, 2), index (2, 1)", ShapeError);
  CHECK_THROWS_WITH_AS(scatter_add(x, 1, zeros({2, 1}, i64), ones({2, 1}, f64)),
                       "scatter_add: dtypes differ: f32 and f64", DTypeError);
  CHECK_THROWS_WITH_AS(scatter_add(x, 1, full({2, 1}, 5, i64), ones({2, 1})),
                       "scatter_add: index 5 is out of range for axis 1 of size 3", Error);
  CHECK_THROWS_WITH_AS(scatter_add(x, 1, zeros({2, 1}, u8), ones({2, 1})),
                       "scatter_add: the index must be i64, got u8", DTypeError);
}

TEST_CASE("index_select takes slices") {
  for (DType dtype : number_dtypes) {
    const Tensor x = tensor({1, 2, 3, 4, 5, 6}, {3, 2}, dtype);
    CHECK(values(index_select(x, 0, indices({2, 0, 2}))) == Values{5, 6, 1, 2, 5, 6});
    CHECK(values(index_select(x, -1, indices({1}))) == Values{2, 4, 6});
  }
  CHECK(values(index_select(reshape(arange(8), {2, 2, 2}), 1, indices({1, 0}))) ==
        Values{2, 3, 0, 1, 6, 7, 4, 5});
  CHECK(index_select(ones({3, 2}), 0, zeros({0}, i64)).shape() == Shape{0, 2});
  CHECK(index_select(ones({3, 0}), 0, indices({1, 1})).shape() == Shape{2, 0});

  CHECK_THROWS_WITH_AS(index_select(ones({3, 2}), 0, indices({3})),
                       "index_select: index 3 is out of range for axis 0 of size 3", Error);
  CHECK_THROWS_WITH_AS(index_select(ones({0, 2}), 0, indices({0})),
                       "index_select: index 0 is out of range for axis 0 of size 0", Error);
  CHECK_THROWS_WITH_AS(index_select(ones({3}), 0, zeros({1, 1}, i64)),
                       "index_select: the index must have one axis, got (1, 1)", ShapeError);
  CHECK_THROWS_WITH_AS(index_select(ones({3}), 0, zeros({1}, f64)),
                       "index_select: the index must be i64, got f64", DTypeError);
}

TEST_CASE("index_add adds slices, as often as the index names them") {
  for (DType dtype : number_dtypes) {
    const Tensor x = tensor({1, 1, 1, 1}, {2, 2}, dtype);
    const Tensor source = tensor({1, 2, 3, 4, 5, 6}, {3, 2}, dtype);
    CHECK(values(index_add(x, 0, indices({1, 1, 0}), source)) == Values{6, 7, 5, 7});
    CHECK(values(index_add(x, 1, indices({1}), tensor({7, 8}, {2, 1}, dtype))) ==
          Values{1, 8, 1, 9});
    CHECK(values(x) == Values{1, 1, 1, 1});
  }
  const Tensor x = ones({2, 2});
  CHECK(values(index_add(x, 0, zeros({0}, i64), zeros({0, 2}))) == Values{1, 1, 1, 1});
  CHECK_THROWS_WITH_AS(index_add(x, 0, indices({0}), ones({2, 2})),
                       "index_add: source is (2, 2), x (2, 2) and index (1,) expect (1, 2)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(index_add(x, 0, indices({2}), ones({1, 2})),
                       "index_add: index 2 is out of range for axis 0 of size 2", Error);
  CHECK_THROWS_WITH_AS(index_add(x, 0, indices({0}), ones({1, 2}, i64)),
                       "index_add: dtypes differ: f32 and i64", DTypeError);
  CHECK_THROWS_WITH_AS(index_add(x, 0, scalar(0, i64), ones({1, 2})),
                       "index_add: the index must have one axis, got ()", ShapeError);
}

TEST_CASE("index_add gives the same sums for any number of threads") {
  const int before = num_threads();
  Generator generator(1);
  const Tensor source = randn({300, 257}, f32, generator);
  const Tensor index = randint(0, 4, {300}, generator);
  set_num_threads(1);
  const Values one = values(index_add(zeros({4, 257}), 0, index, source));
  set_num_threads(2);
  const Values two = values(index_add(zeros({4, 257}), 0, index, source));
  set_num_threads(before);
  CHECK(one == two);
  const Tensor expected = matmul(one_hot(index, 4, f32), source, {.transpose_a = true});
  CHECK(max(abs(cast(expected, f64) - tensor(one, {4, 257}))).item() < 1e-4);
}

TEST_CASE("embedding looks rows up") {
  const Tensor weight = tensor({1, 2, 3, 4, 5, 6}, {3, 2});
  const Tensor y = embedding(indices({2, 0, 0, 1}, {2, 2}), weight);
  CHECK(y.shape() == Shape{2, 2, 2});
  CHECK(values(y) == Values{5, 6, 1, 2, 1, 2, 3, 4});
  CHECK(values(embedding(scalar(1, i64), weight)) == Values{3, 4});
  CHECK(embedding(zeros({0, 4}, i64), weight).shape() == Shape{0, 4, 2});
  CHECK_THROWS_WITH_AS(embedding(indices({3}), weight),
                       "embedding: index 3 is out of range for axis 0 of size 3", Error);
  CHECK_THROWS_WITH_AS(embedding(ones({1}), weight), "embedding: the index must be i64, got f32",
                       DTypeError);
  CHECK_THROWS_WITH_AS(embedding(indices({0}), ones({3})),
                       "embedding: weight must be (rows, width), got (3,)", ShapeError);
}

TEST_CASE("one_hot sets a 1 for each label") {
  const Tensor y = one_hot(indices({2, 0}), 3);
  CHECK(y.dtype() == i64);
  CHECK(y.shape() == Shape{2, 3});
  CHECK(values(y) == Values{0, 0, 1, 1, 0, 0});
  for (DType dtype : number_dtypes) {
    CHECK(one_hot(indices({1}), 2, dtype).dtype() == dtype);
    CHECK(values(one_hot(indices({1}), 2, dtype)) == Values{0, 1});
  }
  CHECK(values(one_hot(scalar(0, i64), 1)) == Values{1});
  CHECK(one_hot(zeros({0}, i64), 4).shape() == Shape{0, 4});
  CHECK_THROWS_WITH_AS(one_hot(indices({0, 3}), 3), "one_hot: label 3 is not one of 3 classes",
                       Error);
  CHECK_THROWS_WITH_AS(one_hot(indices({-1}), 3), "one_hot: label -1 is not one of 3 classes",
                       Error);
  CHECK_THROWS_WITH_AS(one_hot(indices({0}), 0), "one_hot: needs at least 1 class, got 0", Error);
  CHECK_THROWS_WITH_AS(one_hot(ones({1}), 3), "one_hot: labels must be i64, got f32", DTypeError);
}

TEST_CASE("gradients add up where an index comes up more than once") {
  const Tensor x = tensor({1, 2, 3}), source = tensor({5, 6, 7});
  const Tensor w = tensor({1, 10, 100}), index = indices({2, 0, 2});
  x.set_requires_grad();
  source.set_requires_grad();
  Tape tape;
  const auto gradient = [&](const Tensor& y, const Tensor& of) {
    return values(tape.gradient(sum(w * y), {of})[0]);
  };
  CHECK(gradient(gather(x, 0, index), x) == Values{10, 0, 101});
  CHECK(gradient(index_select(x, 0, index), x) == Values{10, 0, 101});
  CHECK(gradient(scatter_add(x, 0, index, source), x) == Values{1, 10, 100});
  CHECK(gradient(scatter_add(x, 0, index, source), source) == Values{100, 1, 100});
  CHECK(gradient(index_add(x, 0, index, source), x) == Values{1, 10, 100});
  CHECK(gradient(index_add(x, 0, index, source), source) == Values{100, 1, 100});
}

TEST_CASE("the gradient of gather with a smaller index is 0 beyond it") {
  const Tensor x = ones({2, 3});
  x.set_requires_grad();
  Tape tape;
  tape.backward(sum(gather(x, 1, indices({2, 2}, {1, 2}))));
  CHECK(values(x.grad()) == Values{0, 0, 2, 0, 0, 0});
}

TEST_CASE("the gradient of embedding gathers in the rows that were looked up") {
  const Tensor weight = ones({3, 2});
  weight.set_requires_grad();
  Tape tape;
  const Tensor y = embedding(indices({2, 0, 2}), weight);
  tape.backward(sum(y * tensor({1, 2, 3, 4, 5, 6}, {3, 2})));
  CHECK(values(weight.grad()) == Values{3, 4, 0, 0, 6, 8});
}

TEST_CASE("second derivatives of indexing") {
  // z = Σ x[index]³, so dz/dx = 3 x² n and d²z/dx² = 6 x n, with n the times an index comes up.
  const Tensor x = tensor({1, 2, 3}), index = indices({2, 0, 2});
  x.set_requires_grad();
  for (auto* select : {gather, index_select}) {
    Tape tape;
    const Tensor taken = select(x, 0, index);
    const Tensor first = tape.gradient(sum(taken * taken * taken), {x}, {.create_graph = true})[0];
    CHECK(values(first) == Values{3, 0, 54});
    CHECK(values(tape.gradient(sum(first), {x})[0]) == Values{6, 0, 36});
  }
}
