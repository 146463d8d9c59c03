#include <doctest/doctest.h>
#include <engram/engram.h>

#include <cmath>
#include <limits>

#include "../close.h"
#include "values.h"

using namespace engram;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST_CASE("add: takes the memory of a temporary, and of nothing that somebody can see") {
  const Tensor x = tensor({1, 2}), y = tensor({10, 20});
  x.set_requires_grad();
  Tape tape;
  Tensor temporary = x * 2;
  const float* memory = temporary.data<float>().data();
  const Tensor sum_of_two = std::move(temporary) + y;
  CHECK(sum_of_two.data<float>().data() == memory);
  CHECK(values(sum_of_two) == Values{12, 24});

  Tensor seen = x * 3;
  const Tensor other = seen;
  CHECK(values(std::move(seen) + y) == Values{13, 26});
  CHECK(values(other) == Values{3, 6});
  // The gradient of a square root needs its result.
  const Tensor root_and_more = sqrt(x * 2) + y;
  CHECK(values((x * 2) + ones({2, 2})) == Values{3, 5, 3, 5});
  Tensor doubled = x * 2;
  CHECK(values(std::move(doubled) + doubled) == Values{4, 8});
  tape.backward(sum(sum_of_two) + sum(root_and_more));
  check_close(x.grad(), {2 + 1 / std::sqrt(2.0), 2 + 0.5}, 1e-6);
  CHECK_THROWS_WITH_AS(x * 2 + ones({2}, f64), "add: dtypes differ: f32 and f64", DTypeError);
}

TEST_CASE("arithmetic: broadcasting follows NumPy's rule") {
  const Tensor column = tensor({10, 20}, {2, 1}), row = tensor({1, 2, 3});
  CHECK((column + row).shape() == Shape{2, 3});
  CHECK(values(column + row) == Values{11, 12, 13, 21, 22, 23});
  CHECK(values(row - column) == Values{-9, -8, -7, -19, -18, -17});
  CHECK(values(column * scalar(2)) == Values{20, 40});
  const Tensor middle = reshape(arange(2), {2, 1, 1}), outer = reshape(arange(6), {1, 3, 2});
  CHECK(values(middle * 100 + outer) == Values{0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 105});
}

TEST_CASE("arithmetic: sizes 0 and 1") {
  CHECK((zeros({0}) + zeros({1})).shape() == Shape{0});
  CHECK((zeros({0, 3}) * zeros({3})).shape() == Shape{0, 3});
  CHECK((zeros({2, 1}) / zeros({0})).shape() == Shape{2, 0});
  CHECK((zeros({}) + zeros({})).shape() == Shape{});
  CHECK((zeros({1, 1}) + zeros({1})).shape() == Shape{1, 1});
  CHECK(neg(zeros({0})).shape() == Shape{0});
  CHECK(pow(zeros({0, 2}), 2).shape() == Shape{0, 2});
  CHECK(hypot(zeros({2, 1}), zeros({0})).shape() == Shape{2, 0});
  CHECK(hypot(zeros({}), zeros({1})).shape() == Shape{1});
}

TEST_CASE("arithmetic: operands that do not fit") {
  const Tensor a = zeros({2, 3}), b = zeros({2}), integers = arange(3);
  CHECK_THROWS_WITH_AS(a + b, "add: shapes (2, 3) and (2,) cannot be broadcast together",
                       ShapeError);
  CHECK_THROWS_WITH_AS(a - b, "sub: shapes (2, 3) and (2,) cannot be broadcast together",
                       ShapeError);
  CHECK_THROWS_WITH_AS(a * b, "mul: shapes (2, 3) and (2,) cannot be broadcast together",
                       ShapeError);
  CHECK_THROWS_WITH_AS(b / a, "div: shapes (2,) and (2, 3) cannot be broadcast together",
                       ShapeError);
  CHECK_THROWS_WITH_AS(pow(a, b), "pow: shapes (2, 3) and (2,) cannot be broadcast together",
                       ShapeError);
  CHECK_THROWS_WITH_AS(maximum(a, b),
                       "maximum: shapes (2, 3) and (2,) cannot be broadcast together", ShapeError);
  CHECK_THROWS_WITH_AS(minimum(a, b),
                       "minimum: shapes (2, 3) and (2,) cannot be broadcast together", ShapeError);
  CHECK_THROWS_WITH_AS(hypot(a, b), "hypot: shapes (2, 3) and (2,) cannot be broadcast together",
                       ShapeError);
  CHECK_THROWS_WITH_AS(zeros({0}) + zeros({2}),
                       "add: shapes (0,) and (2,) cannot be broadcast together", ShapeError);
  CHECK_THROWS_WITH_AS(a + integers, "add: dtypes differ: f32 and i64", DTypeError);
  CHECK_THROWS_WITH_AS(a / ones({3}, f64), "div: dtypes differ: f32 and f64", DTypeError);
  CHECK_THROWS_WITH_AS(pow(integers, 2), "pow: needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(hypot(a, ones({3}, f64)), "hypot: dtypes differ: f32 and f64", DTypeError);
  CHECK_THROWS_WITH_AS(hypot(integers, integers), "hypot: needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_AS(a + Tensor(), Error);
}

TEST_CASE("div: the quotient of integers is the true one, in f32") {
  const Tensor x = tensor({7, -7, 7, -7}, i64);
  const Tensor quotient = x / tensor({2, 2, -2, -4}, i64);
  CHECK(quotient.dtype() == f32);
  CHECK(values(quotient) == Values{3.5, -3.5, -3.5, 1.75});
  CHECK(values(tensor({1, 2, 3}, i64) / 2) == Values{0.5, 1, 1.5});
  CHECK(values(tensor({1, 2, 3}, i64) / 0.5) == Values{2, 4, 6});
  CHECK(values(1 / tensor({2, 4}, u8)) == Values{0.5, 0.25});
  CHECK(values(tensor({1, 3}, u8) / tensor({2}, u8)) == Values{0.5, 1.5});
  CHECK(values(tensor({1, -1}, i64) / 0) == Values{infinity, -infinity});
  CHECK(values(tensor({1, -1}, f64) / 0) == Values{infinity, -infinity});
  CHECK((zeros({0}, i64) / 2).shape() == Shape{0});

  const Tensor labels = tensor({3, 1, 2}, i64), guessed = tensor({3, 1, 0}, i64);
  CHECK((sum(guessed == labels) / labels.size(0)).item() == doctest::Approx(2. / 3));
  CHECK(mean(guessed == labels).item() == doctest::Approx(2. / 3));
}

TEST_CASE("floor_divide and remainder: of integers, towards -infinity and of the divisor's sign") {
  const Tensor x = tensor({7, -7, 7, -7, 6, 0}, i64), z = tensor({2, 2, -2, -2, -3, 5}, i64);
  CHECK(floor_divide(x, z).dtype() == i64);
  CHECK(values(floor_divide(x, z)) == Values{3, -4, -4, 3, -2, 0});
  CHECK(values(remainder(x, z)) == Values{1, 1, -1, -1, 0, 0});
  CHECK(values(floor_divide(tensor({200}, u8), 7)) == Values{28});
  CHECK(values(remainder(tensor({200}, u8), 7)) == Values{4});
  CHECK(values(floor_divide(tensor({255}, u8), 255)) == Values{1});
  for (const Tensor& zero : {zeros({1}, i64), tensor({0}, i64)}) {
    CHECK_THROWS_WITH_AS(floor_divide(x, zero), "floor_divide: division of integers by 0", Error);
    CHECK_THROWS_WITH_AS(remainder(x, zero), "remainder: division of integers by 0", Error);
  }
  const Tensor lowest = tensor(std::vector{std::numeric_limits<std::int64_t>::min()});
  CHECK(floor_divide(lowest, -1).item<std::int64_t>() == lowest.item<std::int64_t>());
  CHECK(remainder(lowest, -1).item<std::int64_t>() == 0);
  CHECK(floor_divide(lowest, lowest).item<std::int64_t>() == 1);
  CHECK(floor_divide(zeros({2, 1}, i64), ones({0}, i64)).shape() == Shape{2, 0});
}

TEST_CASE("floor_divide and remainder: of floating-point numbers, as PyTorch's") {
  const Tensor x = tensor({7, -7, 7, -7, 1, infinity, 1, 0.5}, f64);
  const Tensor z = tensor({2, 2, -2, -2, infinity, 2, 0, nan_value}, f64);
  check_close(floor_divide(x, z), {3, -4, -4, 3, 0, nan_value, infinity, nan_value});
  check_close(remainder(x, z), {1, 1, -1, -1, 1, nan_value, nan_value, nan_value});
  CHECK(floor_divide(tensor({1}), 0.1).item() == 9);  // 0.1f is above 0.1
  CHECK(remainder(tensor({-1}, f64), infinity).item() == infinity);

  const Tensor a = tensor({7}, f64);
  a.set_requires_grad();
  Tape tape;
  const Tensor y = floor_divide(a, 2);
  CHECK_THROWS_WITH_AS(tape.backward(y),
                       "floor_divide: it has no gradient; detach() makes a constant of its input",
                       AutogradError);
}

TEST_CASE("arithmetic: integers wrap around") {
  constexpr std::int64_t low = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t high = std::numeric_limits<std::int64_t>::max();
  const Tensor lowest = tensor(std::vector<std::int64_t>{low});
  const Tensor highest = tensor(std::vector<std::int64_t>{high});
  const Tensor one = ones({1}, i64);
  CHECK((highest + one).item<std::int64_t>() == low);
  CHECK((lowest - one).item<std::int64_t>() == high);
  CHECK((highest * highest).item<std::int64_t>() == 1);
  CHECK((-lowest).item<std::int64_t>() == low);
  CHECK((tensor({200}, u8) + tensor({100}, u8)).item() == 44);
  CHECK(sum(cat({highest, one})).item<std::int64_t>() == low);
}

TEST_CASE("arithmetic: a number takes the tensor's dtype") {
  CHECK((arange(3) * 2).dtype() == i64);
  CHECK((2.0 - tensor({0.5}, f64)).item() == 1.5);
  CHECK((1 / tensor({4})).dtype() == f32);
}

TEST_CASE("maximum and minimum: NaN wins on either side, and a tie shares the gradient") {
  const Tensor a = tensor({nan_value, 1, 3}, f64), b = tensor({1, nan_value, 2}, f64);
  for (const Tensor& y : {maximum(a, b), minimum(a, b)}) {
    CHECK(std::isnan(values(y)[0]));
    CHECK(std::isnan(values(y)[1]));
  }
  CHECK(values(maximum(a, b))[2] == 3);
  CHECK(values(minimum(a, b))[2] == 2);
  CHECK(values(maximum(arange(3), tensor({1, 1, 1}, i64))) == Values{1, 1, 2});

  const Tensor x = tensor({2, 5}, f64), y = tensor({2, 4}, f64);
  x.set_requires_grad();
  y.set_requires_grad();
  for (const auto f : {maximum, minimum}) {
    Tape tape;
    const auto gradients = tape.gradient(f(x, y), {x, y}, {.gradient = tensor({6, 8}, f64)});
    CHECK(values(gradients[0]) == (f == maximum ? Values{3, 8} : Values{3, 0}));
    CHECK(values(gradients[1]) == (f == maximum ? Values{3, 0} : Values{3, 8}));
  }
}

TEST_CASE("pow: 0 to the power 0, and its gradients") {
  CHECK(values(pow(tensor({0, 0, -2, 0}, f64), tensor({0, 2, 3, -1}, f64))) ==
        Values{1, 0, -8, infinity});
  CHECK(std::isnan(pow(tensor({-1}, f64), 0.5).item()));
  const Tensor base = tensor({0, 0, 2}, f64), exponent = tensor({0, 2, 0}, f64);
  base.set_requires_grad();
  exponent.set_requires_grad();
  Tape tape;
  tape.backward(sum(pow(base, exponent)));
  CHECK(values(base.grad()) == Values{0, 0, 0});
  CHECK(values(exponent.grad()) == Values{0, 0, std::log(2.0)});
}

TEST_CASE("hypot: the squares neither overflow nor underflow, and infinity wins over NaN") {
  for (const DType dtype : {f32, f64}) {
    CHECK(values(hypot(tensor({3, -5, 0, -0.}, dtype), tensor({-4, 12, -2, 0}, dtype))) ==
          Values{5, 13, 2, 0});
    check_close(hypot(tensor({3e30, 3e-30}, dtype), tensor({4e30, 4e-30}, dtype)) /
                    tensor({5e30, 5e-30}, dtype),
                {1, 1}, 1e-6);
    const Tensor a = tensor({nan_value, -infinity, nan_value, infinity}, dtype);
    check_close(hypot(a, tensor({-infinity, nan_value, 1, 1}, dtype)),
                {infinity, infinity, nan_value, infinity});
  }
  CHECK(values(hypot(tensor({3, 5}, {2, 1}), tensor({4, 12}))) ==
        Values{5, std::hypot(3.F, 12.F), std::hypot(5.F, 4.F), 13});
}

TEST_CASE("hypot: the gradient, of a broadcast operand and at the origin") {
  const Tensor a = tensor({3, 0}, f64), b = tensor({4}, f64), zero = tensor({0}, f64);
  for (const Tensor& x : {a, b, zero}) x.set_requires_grad();
  Tape tape;
  const auto gradients = tape.gradient(hypot(a, b), {a, b}, {.gradient = tensor({5, 2}, f64)});
  CHECK(values(gradients[0]) == Values{3, 0});
  CHECK(values(gradients[1]) == Values{6});
  check_close(tape.gradient(hypot(zero, tensor({0}, f64)), {zero})[0], {nan_value});
}

TEST_CASE("hypot: the gradient of large and of small numbers stays in the range") {
  for (const auto& [x, dy] : {std::pair{1e25, 1e20}, {1e-25, 1e-20}, {1e30, 1e30}}) {
    CAPTURE(x);
    const Tensor a = tensor({x}), b = tensor({-x});
    for (const Tensor& each : {a, b}) each.set_requires_grad();
    Tape tape;
    const auto gradients = tape.gradient(hypot(a, b), {a, b}, {.gradient = tensor({dy})});
    CHECK(gradients[0].item() == doctest::Approx(dy / std::sqrt(2.0)).epsilon(1e-6));
    CHECK(gradients[1].item() == doctest::Approx(-dy / std::sqrt(2.0)).epsilon(1e-6));
  }
}

TEST_CASE("sum_to: what could have been broadcast") {
  const Tensor x = reshape(arange(6), {2, 3});
  CHECK(values(sum_to(x, {3})) == Values{3, 5, 7});
  CHECK(values(sum_to(x, {2, 1})) == Values{3, 12});
  CHECK(sum_to(x, {}).item() == 15);
  CHECK(sum_to(x, {2, 3}).is(x));
  CHECK_THROWS_WITH_AS(sum_to(x, {2}),
                       "sum_to: shapes (2, 3) and (2,) cannot be broadcast together", ShapeError);
  CHECK_THROWS_WITH_AS(sum_to(zeros({3}), {2, 3}), "sum_to: (3,) cannot be summed to (2, 3)",
                       ShapeError);
}

TEST_CASE("a number must be one that the tensor's dtype can hold") {
  CHECK_THROWS_WITH_AS(
      tensor({1, 2}, i64) * 0.5,
      "the number 0.5 meets a tensor of i64, which cannot hold it; cast() converts", DTypeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(tensor({1, 2}, u8) > -1.),
                       "the number -1 meets a tensor of u8, which cannot hold it; cast() converts",
                       DTypeError);
  CHECK_THROWS_AS(static_cast<void>(tensor({255}, u8) == 256.), DTypeError);
  CHECK_THROWS_AS(tensor({1}, i64) + 0x1p63, DTypeError);
  CHECK((tensor({1}, i64) + -0x1p63).data<std::int64_t>()[0] == -0x7fffffffffffffff);
  CHECK((tensor({1, 2}, i64) * 3).data<std::int64_t>()[1] == 6);
}

TEST_CASE("div: the gradient of a tiny divisor is not lost to its square") {
  const Tensor a = scalar(1e-20), b = scalar(1e-24);
  b.set_requires_grad();
  Tape tape;
  tape.backward(a / b * 1e-30);
  CHECK(b.grad().item() == doctest::Approx(-1e-20 * 1e-30 / 1e-24 / 1e-24).epsilon(1e-5));
}
