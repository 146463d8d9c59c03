#include "values.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/tape.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace engram;

TEST_CASE("clone is a value of its own, and the gradient passes") {
  const Tensor x = tensor({1, 2, 3});
  const Tensor y = clone(x);
  y.data<float>()[0] = 10;
  CHECK(values(x) == Values{1, 2, 3});
  CHECK(values(y) == Values{10, 2, 3});
  CHECK(clone(zeros({0, 2}, u8)).shape() == Shape{0, 2});
  CHECK(clone(scalar(4, i64)).item() == 4);

  x.set_requires_grad();
  Tape tape;
  tape.backward(sum(square(clone(x))));
  CHECK(values(x.grad()) == Values{2, 4, 6});
}

TEST_CASE("detach shares the value, and no gradient passes") {
  const Tensor x = tensor({1, 2});
  x.set_requires_grad();
  Tape tape;
  const Tensor y = x * 2;
  const Tensor cut = detach(y);
  CHECK(tape.size() == 1);
  CHECK_FALSE(cut.requires_grad());
  cut.data<float>()[1] = 7;
  CHECK(values(y) == Values{2, 7});
  tape.backward(sum(x * cut));
  CHECK(values(x.grad()) == Values{2, 7});
}

TEST_CASE("detach makes a constant of what a dead tape recorded") {
  const Tensor x = tensor({3});
  x.set_requires_grad();
  Tensor y;
  {
    Tape tape;
    y = x * 2;
  }
  Tape tape;
  tape.backward(sum(x * detach(y)));
  CHECK(values(x.grad()) == Values{6});
}

TEST_CASE("cast converts") {
  const Tensor x = tensor({-1.5, 0, 2.75}, f64);
  CHECK(cast(x, f64).is(x));
  CHECK(values(cast(x, f32)) == Values{-1.5, 0, 2.75});
  CHECK(cast(x, f32).dtype() == f32);
  CHECK(values(cast(x, i64)) == Values{-1, 0, 2});
  CHECK(values(cast(tensor({0, 255}, u8), f32)) == Values{0, 255});
  CHECK(values(cast(tensor({0, 1, 257}, i64), u8)) == Values{0, 1, 1});
  CHECK(cast(zeros({2, 0}), i64).shape() == Shape{2, 0});
  CHECK(cast(tensor({0.1}, f64), f32).item<float>() == 0.1f);
}

TEST_CASE("cast limits what does not fit") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
  constexpr auto highest = std::numeric_limits<std::int64_t>::max();
  for (DType dtype : {f32, f64}) {
    const Tensor x = tensor({-inf, -0x1p63, 0x1p63, inf, std::nan("")}, dtype);
    const auto y = cast(x, i64);
    CHECK(std::ranges::equal(y.data<std::int64_t>(),
                             std::vector{lowest, lowest, highest, highest, std::int64_t{0}}));
    CHECK(values(cast(x, u8)) == Values{0, 0, 255, 255, 0});
    CHECK(values(cast(tensor({-0.5, 254.5, 255, 256, -1}, dtype), u8)) ==
          Values{0, 254, 255, 255, 0});
  }
  CHECK(cast(scalar(1e300, f64), f32).item() == inf);
}

TEST_CASE("the gradient passes a cast between floats, in the input's dtype") {
  const Tensor x = tensor({1, 2});
  x.set_requires_grad();
  Tape tape;
  const Tensor y = cast(x, f64);
  const Tensor whole = cast(x, i64);
  CHECK(tape.size() == 1);
  CHECK_FALSE(whole.requires_grad());
  tape.backward(sum(square(y)));
  CHECK(x.grad().dtype() == f32);
  CHECK(values(x.grad()) == Values{2, 4});
}
