#include "values.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/tensor.h>

#include <doctest/doctest.h>

#include <cstdint>

using namespace engram;

TEST_CASE("a tensor knows its shape, dtype and elements") {
  const Tensor x({2, 3}, f64);
  CHECK(x.defined());
  CHECK(x.rank() == 2);
  CHECK(x.shape() == Shape{2, 3});
  CHECK(x.size(-1) == 3);
  CHECK(x.numel() == 6);
  CHECK(x.dtype() == f64);
  CHECK(x.data<double>().size() == 6);
  CHECK(x.bytes().size() == 48);
  CHECK(Tensor({0, 5}, f32).data<float>().empty());
  CHECK(Tensor({}, f32).numel() == 1);
}

TEST_CASE("elements are aligned to 64 bytes") {
  for (std::int64_t n : {0, 1, 17, 10'000}) {
    CHECK(reinterpret_cast<std::uintptr_t>(Tensor({n}, f32).bytes().data()) % 64 == 0);
  }
}

TEST_CASE("impossible shapes are refused") {
  CHECK_THROWS_WITH_AS(Tensor({2, -1}, f32),
                       "a tensor cannot have the shape (2, -1): a size is negative", ShapeError);
  const std::int64_t large = std::int64_t{1} << 40;
  CHECK_THROWS_WITH_AS(Tensor({large, large}, u8),
                       "a tensor of shape (1099511627776, 1099511627776) is too large", ShapeError);
  CHECK(Tensor({large, 0}, f32).numel() == 0);
}

TEST_CASE("copies of a handle share the value") {
  const Tensor x = tensor({1, 2});
  const Tensor same = x;
  same.data<float>()[0] = 5;
  CHECK(values(x) == Values{5, 2});
  CHECK(same.is(x));
  CHECK_FALSE(tensor({5, 2}).is(x));
}

TEST_CASE("data asks for the right type") {
  const Tensor x = ones({2});
  CHECK_THROWS_WITH_AS(x.data<double>(), "data: asked for f64, the tensor is f32", DTypeError);
  CHECK_THROWS_WITH_AS(zeros({1}, u8).data<std::int64_t>(), "data: asked for i64, the tensor is u8",
                       DTypeError);
}

TEST_CASE("item is the only element, converted") {
  CHECK(scalar(2.5).item() == 2.5);
  CHECK(tensor({2.9}, {1, 1}).item<int>() == 2);
  CHECK(scalar(7, u8).item<float>() == 7);
  CHECK(scalar(-300, i64).item<std::int64_t>() == -300);
  CHECK_THROWS_WITH_AS(ones({2}).item(), "item: a tensor of shape (2,) has not one element",
                       ShapeError);
  CHECK_THROWS_WITH_AS(ones({0}).item(), "item: a tensor of shape (0,) has not one element",
                       ShapeError);
}

TEST_CASE("an undefined tensor says so") {
  const Tensor nothing;
  CHECK_FALSE(nothing.defined());
  const char* text = "an undefined tensor was used: it was never given a value";
  CHECK_THROWS_WITH_AS(nothing.shape(), text, Error);
  CHECK_THROWS_WITH_AS(nothing.data<float>(), text, Error);
  CHECK_THROWS_WITH_AS(nothing.item(), text, Error);
  CHECK_THROWS_WITH_AS(nothing + 1, text, Error);
  CHECK_FALSE(Tensor(nothing).defined());
}

TEST_CASE("a parameter requires a gradient") {
  const Tensor x = ones({2});
  CHECK_FALSE(x.requires_grad());
  x.set_requires_grad();
  CHECK(x.requires_grad());
  x.set_requires_grad(false);
  CHECK_FALSE(x.requires_grad());
  CHECK_THROWS_WITH_AS(ones({2}, i64).set_requires_grad(),
                       "set_requires_grad: needs f32 or f64, got i64", DTypeError);

  x.set_requires_grad();
  Tape tape;
  const Tensor y = x * 2;
  CHECK(y.requires_grad());
  CHECK_THROWS_WITH_AS(y.set_requires_grad(),
                       "set_requires_grad: the tensor is the result of a recorded operation; "
                       "detach() it first",
                       AutogradError);
}

TEST_CASE("a gradient has the tensor's shape and dtype") {
  const Tensor x = ones({2});
  CHECK_FALSE(x.grad().defined());
  x.set_grad(tensor({3, 4}));
  CHECK(values(x.grad()) == Values{3, 4});
  CHECK_THROWS_WITH_AS(x.set_grad(ones({3})), "set_grad: the gradient is (3,), the tensor (2,)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(x.set_grad(ones({2}, f64)), "set_grad: the gradient is f64, the tensor f32",
                       DTypeError);
  CHECK(values(x.grad()) == Values{3, 4});
  x.set_grad(Tensor());
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("set_data replaces the value behind every handle") {
  const Tensor x = ones({2}), handle = x, value = tensor({1, 2, 3}, f64);
  x.set_requires_grad();
  x.set_grad(ones({2}));
  x.set_data(value);
  CHECK(handle.shape() == Shape{3});
  CHECK(handle.dtype() == f64);
  CHECK(values(handle) == Values{1, 2, 3});
  CHECK(handle.requires_grad());
  CHECK_FALSE(handle.grad().defined());
  CHECK_THROWS_WITH_AS(x.set_data(ones({2}, i64)),
                       "set_data: a parameter needs f32 or f64, got i64", DTypeError);
  Tape tape;
  CHECK_THROWS_WITH_AS((x * 2).set_data(value),
                       "set_data: the tensor is the result of a recorded operation; "
                       "detach() it first",
                       AutogradError);
}

TEST_CASE("swap_data exchanges elements without copying them") {
  const Tensor x = ones({2}), handle = x, y = tensor({3, 4});
  const Tensor seen = view(x, {1}, 1);
  const float* const place = y.data<float>().data();
  x.set_requires_grad();
  x.set_grad(ones({2}));
  Tape tape;
  const Tensor square = x * x;
  x.swap_data(y);
  CHECK(values(handle) == Values{3, 4});
  CHECK(values(y) == Values{1, 1});
  CHECK(values(seen) == Values{1});
  CHECK(x.data<float>().data() == place);
  CHECK(handle.requires_grad());
  CHECK(values(handle.grad()) == Values{1, 1});
  CHECK_THROWS_WITH_AS(x.swap_data(ones({3})), "swap_data: the tensors are (2,) and (3,)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(x.swap_data(ones({2}, f64)), "swap_data: the tensors are f32 and f64",
                       DTypeError);
  CHECK_THROWS_WITH_AS(x.swap_data(square),
                       "swap_data: the tensor is the result of a recorded operation; "
                       "detach() it first",
                       AutogradError);
  x.swap_data(x);
  CHECK(values(x) == Values{3, 4});
}

TEST_CASE("a view shares a range of the elements") {
  const Tensor x = arange(0, 6);
  const Tensor y = view(x, {2, 2}, 1);
  CHECK(values(y) == Values{1, 2, 3, 4});
  y.data<float>()[0] = 10;
  CHECK(values(x) == Values{0, 10, 2, 3, 4, 5});
  CHECK(view(x, {0}, 6).numel() == 0);
  CHECK(values(view(y, {1}, 3)) == Values{4});
  CHECK_THROWS_WITH_AS(view(x, {4}, 3),
                       "view: 4 elements from 3 on do not lie within a tensor of 6", ShapeError);
  CHECK_THROWS_WITH_AS(view(x, {1}, -1),
                       "view: 1 elements from -1 on do not lie within a tensor of 6", ShapeError);
}

TEST_CASE("a view keeps the elements alive") {
  Tensor x = arange(0, 100);
  const Tensor y = view(x, {2}, 98);
  x = Tensor();
  CHECK(values(y) == Values{98, 99});
}

TEST_CASE("a tensor is unshared while no other handle and no view sees it") {
  Tensor x = ones({2});
  CHECK(x.unshared());
  {
    const Tensor handle = x;
    CHECK_FALSE(x.unshared());
  }
  CHECK(x.unshared());
  const Tensor seen = view(x, {1});
  CHECK_FALSE(x.unshared());
  CHECK_FALSE(seen.unshared());
  x = Tensor();
  CHECK(seen.unshared());
}

TEST_CASE("set_data is refused while a tape is alive") {
  const Tensor x = ones({2});
  Tape tape;
  CHECK_THROWS_WITH_AS(
      x.set_data(ones({3})),
      "set_data: a tape is alive, and what it has recorded may be of another shape", AutogradError);
}
