#include <doctest/doctest.h>
#include <engram/autograd/gradcheck.h>

#include <engram/engram.h>
#include <functional>

using namespace engram;

namespace {

Tensor numbers(const Shape& shape) {
  Generator generator(7);
  return randn(shape, f64, generator);
}

/// f(x), recorded as one operation with the given gradient: (x, dy) -> dx.
Tensor custom(const char* op, const Tensor& x, Tensor (*f)(const Tensor&),
              std::function<Tensor(const Tensor&, const Tensor&)> gradient) {
  Tensor y = [&] {
    const NoGrad no_grad;
    return f(x);
  }();
  return record(op, y, {x}, [=](const Tensor& dy, Gradients& d) { d[0] = gradient(x, dy); });
}

/// x² whose gradient is wrong by `factor`.
Tensor wrong_square(const Tensor& x, double factor) {
  return custom("wrong_square", x, square,
                [factor](const Tensor& v, const Tensor& dy) { return dy * v * (2 * factor); });
}

/// x² with the right gradient, computed unrecorded so that it cannot be differentiated.
Tensor square_once(const Tensor& x) {
  return custom("square_once", x, square, [](const Tensor& v, const Tensor& dy) {
    const NoGrad no_grad;
    return dy * v * 2;
  });
}

}  // namespace

TEST_CASE("gradcheck: a right gradient passes, a slightly wrong one does not") {
  const Tensor x = numbers({3, 2});
  CHECK(gradcheck([](const auto& in) { return wrong_square(in[0], 1); }, {x}));
  CHECK(gradgradcheck([](const auto& in) { return wrong_square(in[0], 1); }, {x}));
  CHECK_FALSE(gradcheck([](const auto& in) { return wrong_square(in[0], 1.0001); }, {x}));
}

TEST_CASE("gradcheck: the report names operation, input, element and both values") {
  const Tensor unused = numbers({2}), x = tensor({0.1, 2.0, 0.2, 0.3}, {2, 2}, f64);
  const auto result = gradcheck(
      [](const auto& in) { return sum(in[0]) * 0 + wrong_square(sum(in[1]), 2); }, {unused, x});
  REQUIRE_FALSE(result);
  CHECK(result.report.starts_with("add: input 1, element ("));
  CHECK(result.report.find("of (2, 2): analytic ") != std::string::npos);
  CHECK(result.report.find(", numeric ") != std::string::npos);
  CHECK(result.report.ends_with("; 4 of 6 elements differ"));

  const auto worst = gradcheck([](const auto& in) { return wrong_square(in[0], 2); },
                               {tensor({0.1, 5, 0.1}, {1, 3}, f64)});
  CHECK(worst.report.starts_with("wrong_square: input 0, element (0, 1) of (1, 3): analytic "));
}

TEST_CASE("gradcheck: a gradient that is lost counts as zero, and is found") {
  const Tensor x = numbers({3});
  const auto detached = [](const auto& in) { return view(in[0], in[0].shape()) * 2; };
  const auto result = gradcheck(detached, {x});
  CHECK(result.report.starts_with("f, which recorded nothing: input 0, element ("));
  CHECK(result.report.find("analytic 0, numeric ") != std::string::npos);
}

TEST_CASE("gradcheck: the cotangent is not all ones: what sums to a constant is still checked") {
  const auto centred = [](const auto& in) { return in[0] - view(mean(in[0]), {}); };
  CHECK_FALSE(gradcheck(centred, {numbers({4})}));  // the mean's gradient is lost
}

TEST_CASE("gradgradcheck: finds what a first-order check cannot") {
  const Tensor x = numbers({3});
  const auto f = [](const auto& in) { return square_once(in[0]); };
  CHECK(gradcheck(f, {x}));
  const auto result = gradgradcheck(f, {x});
  REQUIRE_FALSE(result);
  CHECK(result.report.starts_with("square_once: dx by "));
}

TEST_CASE("gradcheck: inputs that are masks, undefined or the output itself") {
  const Tensor mask = tensor({1, 0, 1}, boolean), x = numbers({3});
  const auto choose = [](const std::vector<Tensor>& in) {
    REQUIRE_FALSE(in[2].defined());
    return where(in[0], in[1], square(in[1]));
  };
  CHECK(gradcheck(choose, {mask, x, Tensor()}));
  CHECK(gradgradcheck(choose, {mask, x, Tensor()}));
  CHECK(gradcheck([](const auto& in) { return in[0]; }, {x}));
  CHECK(gradgradcheck([](const auto& in) { return in[0]; }, {x}));
  CHECK_FALSE(x.requires_grad());
}

TEST_CASE("gradcheck: nothing to check passes") {
  for (const Shape& shape : {Shape{0}, Shape{0, 3}, Shape{2, 0}}) {
    const Tensor x = numbers(shape);
    CHECK(gradcheck([](const auto& in) { return exp(in[0]); }, {x}));
    CHECK(gradgradcheck([](const auto& in) { return exp(in[0]); }, {x}));
    CHECK(gradcheck([](const auto& in) { return sum(in[0]); }, {x}));
  }
}

TEST_CASE("gradcheck: works inside the scope of a tape and leaves it alone") {
  Tape tape;
  const Tensor x = numbers({2});
  CHECK(gradcheck([](const auto& in) { return exp(in[0]); }, {x}));
  CHECK(gradgradcheck([](const auto& in) { return exp(in[0]); }, {x}));
  CHECK(tape.size() == 0);
}

TEST_CASE("gradcheck: errors") {
  const auto identity = [](const auto& in) { return in[0]; };
  CHECK_THROWS_WITH_AS(gradcheck(identity, {zeros({2})}),
                       "gradcheck: input 0 is f32, only f64 is precise enough", DTypeError);
  CHECK_THROWS_WITH_AS(gradcheck(identity, {arange(3)}), "gradcheck: no input is f64", DTypeError);
  CHECK_THROWS_WITH_AS(gradgradcheck(identity, {}), "gradgradcheck: no input is f64", DTypeError);
  CHECK_THROWS_WITH_AS(gradcheck([](const auto& in) { return in[0] > 0; }, {numbers({2})}),
                       "gradcheck: f returned boolean, not f64", DTypeError);
}
