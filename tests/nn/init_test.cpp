#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/nn/init.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace engram;
namespace init = nn::init;

namespace {

/// Checks that the values are uniform in ±bound.
void check_uniform(const Tensor& x, double bound) {
  CHECK(max(abs(x)).item() <= bound);
  CHECK(max(x).item() > 0.99 * bound);
  CHECK(min(x).item() < -0.99 * bound);
  CHECK(var(x).item() == doctest::Approx(bound * bound / 3).epsilon(0.03));
}

/// Checks mean and variance of N(0, stddev²), and that some values are far out.
void check_normal(const Tensor& x, double stddev) {
  CHECK(std::abs(mean(x).item()) < 0.05 * stddev);
  CHECK(var(x).item() == doctest::Approx(stddev * stddev).epsilon(0.05));
  CHECK(max(abs(x)).item() > 3 * stddev);
}

}  // namespace

TEST_CASE("constant, zeros and ones fill in place") {
  const Tensor x({2, 2}, f32);
  CHECK(init::constant(x, 3).is(x));
  CHECK(std::ranges::count(x.data<float>(), 3.f) == 4);
  CHECK(std::ranges::count(init::ones(x).data<float>(), 1.f) == 4);
  CHECK(std::ranges::count(init::zeros(x).data<float>(), 0.f) == 4);
}

TEST_CASE("constant, zeros and ones take every dtype, the other initialisers f32 and f64") {
  for (const DType dtype : {f32, f64, i64, u8, boolean}) {
    CAPTURE(fmt::format("{}", dtype));
    const Tensor x({3}, dtype);
    init::constant(x, 2.5);
    CHECK(std::ranges::equal(x.bytes(), cast(full({3}, 2.5, f64), dtype).bytes()));
    init::zeros(x);
    CHECK(std::ranges::equal(x.bytes(), zeros({3}, dtype).bytes()));
    init::ones(x);
    CHECK(std::ranges::equal(x.bytes(), ones({3}, dtype).bytes()));
  }
  const Tensor x = ones({2, 2}, i64);
  Generator generator(1);
  const auto check_refused = [&](const char* op, auto initialise) {
    CHECK_THROWS_WITH_AS(initialise(), fmt::format("{}: needs f32 or f64, got i64", op).c_str(),
                         DTypeError);
    CHECK(generator.position() == 0);  // refused before a number is drawn
    CHECK(sum(x).item() == 4);
  };
  check_refused("rand", [&] { init::uniform(x, 0, 1, generator); });
  check_refused("randn", [&] { init::normal(x, 0, 1, generator); });
  check_refused("trunc_normal", [&] { init::trunc_normal(x, 0, 1, -2, 2, generator); });
  check_refused("rand", [&] { init::xavier_uniform(x, 1, generator); });
  check_refused("randn", [&] { init::xavier_normal(x, 1, generator); });
  check_refused("rand", [&] { init::kaiming_uniform(x, {}, generator); });
  check_refused("randn", [&] { init::kaiming_normal(x, {}, generator); });
  check_refused("rand", [&] { init::fan_in_uniform(x, 2, generator); });
  check_refused("orthogonal", [&] { init::orthogonal(x, 1, generator); });
}

TEST_CASE("trunc_normal: within its bounds, and normal where they are far") {
  manual_seed(0);
  const Tensor x = init::trunc_normal(zeros({1000}, f64), 1, 2, 0, 4);
  double sum = 0;
  for (const double each : x.data<double>()) {
    CHECK(each >= 0);
    CHECK(each <= 4);
    sum += each;
  }
  CHECK(sum / 1000 == doctest::Approx(1.7125).epsilon(0.05));  // 1 + 2(φ(a) − φ(b)) / (Φ(b) − Φ(a))
  manual_seed(3);
  const Tensor far = init::trunc_normal(zeros({20}), 0, 0.1, -2, 2);
  manual_seed(3);
  CHECK(std::ranges::equal(far.bytes(), init::normal(zeros({20}), 0, 0.1).bytes()));
  CHECK_THROWS_WITH_AS(init::trunc_normal(zeros({1}), 0, 0),
                       "trunc_normal: the standard deviation is 0", Error);
  CHECK_THROWS_WITH_AS(
      init::trunc_normal(zeros({1}), 9, 1),
      "trunc_normal: [-2, 2] is no interval within two standard deviations 1 of the "
      "mean 9",
      Error);
}

TEST_CASE("trunc_normal: in an interval of 1 % and more, numbers outside are drawn again") {
  // 1.6 % of the distribution.
  constexpr double low = -0.02, high = 0.02;
  Generator generator(3), same(3);
  const Tensor x = init::trunc_normal(zeros({50}), 0, 1, low, high, generator);
  const Tensor expected = init::normal(zeros({50}), 0, 1, same);
  for (float& each : expected.data<float>()) {
    while (each < low || each > high) each = static_cast<float>(randn({}, f64, same).item());
  }
  CHECK(std::ranges::equal(x.bytes(), expected.bytes()));
  CHECK(generator.position() == same.position());
}

TEST_CASE("trunc_normal: a narrow interval takes few drawings, and is normal within") {
  Generator generator(0);
  // 0.6 % of the distribution. The mean is (φ(1.9) − φ(2)) / (Φ(2) − Φ(1.9)); 1.95 if uniform.
  const Tensor x = init::trunc_normal(zeros({100'000}, f64), 3, 2, 3 + 2 * 1.9, 7, generator);
  REQUIRE(generator.position() < 3 * 100'000);  // 2 for each candidate
  CHECK((mean(x).item() - 3) / 2 == doctest::Approx(1.94834).epsilon(2e-4));
  CHECK(min(x).item() >= 3 + 2 * 1.9);
  CHECK(max(x).item() <= 7);
  const Tensor around =
      init::trunc_normal(zeros({1000}, f64), 1, 1, 1 - 5e-10, 1 + 5e-10, generator);
  CHECK(min(around).item() >= 1 - 5e-10);
  CHECK(max(around).item() <= 1 + 5e-10);
  CHECK(min(around).item() < 1 - 4.9e-10);
  CHECK(max(around).item() > 1 + 4.9e-10);
  const Tensor below = init::trunc_normal(zeros({1000}), 0, 1, -1e-9, 0, generator);
  CHECK(min(below).item() >= -1e-9);
  CHECK(max(below).item() <= 0);
  CHECK(std::abs(mean(below).item() + 5e-10) < 5e-11);
}

TEST_CASE("trunc_normal: what no number of the dtype can meet is refused") {
  Generator generator(0);
  CHECK_THROWS_WITH_AS(init::trunc_normal(zeros({1}), 1, 1e-8, 1.00000001, 1.00000002, generator),
                       "trunc_normal: no f32 lies in [1.00000001, 1.00000002]", Error);
  CHECK_THROWS_WITH_AS(init::trunc_normal(zeros({1}), 1e39, 1e38, 9e38, 2e39, generator),
                       "trunc_normal: no f32 lies in [9e+38, 2e+39]", Error);
  CHECK_THROWS_WITH_AS(
      init::trunc_normal(zeros({1}), 0, std::numeric_limits<double>::infinity(), -2, 2, generator),
      "trunc_normal: the standard deviation is inf", Error);
  CHECK(generator.position() == 0);
  const Tensor x = init::trunc_normal(zeros({4}, f64), 1, 1e-8, 1.00000001, 1.00000002, generator);
  CHECK(min(x).item() >= 1.00000001);
  const float one_more = std::nextafter(1.f, 2.f);  // alone in the interval
  const Tensor y = init::trunc_normal(zeros({4}), 1, 1, one_more, one_more + 1e-9, generator);
  CHECK(std::ranges::count(y.data<float>(), one_more) == 4);
}

TEST_CASE("uniform and normal") {
  manual_seed(0);
  const Tensor x({100, 100}, f64);
  init::uniform(x);
  CHECK(min(x).item() >= 0);
  CHECK(max(x).item() < 1);
  check_uniform(init::uniform(x, -3, 3), 3);
  check_normal(init::normal(x), 1);
  init::normal(x, 10, 0.5);
  CHECK(mean(x).item() == doctest::Approx(10).epsilon(0.01));
  CHECK(var(x).item() == doctest::Approx(0.25).epsilon(0.05));
  CHECK_THROWS_WITH_AS(init::uniform(x, 1, 0), "uniform: no numbers in [1, 0)", Error);
  CHECK_THROWS_WITH_AS(init::normal(x, 0, -1), "normal: the standard deviation is -1", Error);
  CHECK_THROWS_AS(init::normal(zeros({1}, i64)), DTypeError);
}

TEST_CASE("gains are PyTorch's") {
  using enum init::Nonlinearity;
  CHECK(init::gain(linear) == 1);
  CHECK(init::gain(sigmoid) == 1);
  CHECK(init::gain(tanh) == doctest::Approx(1.6666666666666667));
  CHECK(init::gain(relu) == doctest::Approx(1.4142135623730951));
  CHECK(init::gain(leaky_relu) == doctest::Approx(1.4141428569978354));
  CHECK(init::gain(leaky_relu, 0.2) == doctest::Approx(1.3867504905630728));
  CHECK(init::gain(selu) == 0.75);
}

TEST_CASE("fans count the kernel") {
  CHECK(init::fans(zeros({5, 3})).in == 3);
  CHECK(init::fans(zeros({5, 3})).out == 5);
  CHECK(init::fans(zeros({5, 3, 2, 4})).in == 24);
  CHECK(init::fans(zeros({5, 3, 2, 4})).out == 40);
  CHECK_THROWS_WITH_AS(init::kaiming_uniform(zeros({5})),
                       "init: fan in and fan out need a weight (out, in, …), got (5,)", ShapeError);
}

TEST_CASE("Kaiming and Xavier spread by fan in and fan out") {
  manual_seed(0);
  const Tensor w({60, 20, 3, 3}, f64);  // fan in 180, fan out 540
  check_uniform(init::kaiming_uniform(w), std::sqrt(2 * 3 / 180.));
  check_uniform(init::kaiming_uniform(w, {.a = std::sqrt(5)}), 1 / std::sqrt(180.));
  check_uniform(init::kaiming_uniform(w, {.mode = init::FanMode::fan_out,
                                          .nonlinearity = init::Nonlinearity::linear}),
                std::sqrt(3 / 540.));
  check_normal(init::kaiming_normal(w), std::sqrt(2 / 180.));
  check_normal(init::kaiming_normal(
                   w, {.mode = init::FanMode::fan_out, .nonlinearity = init::Nonlinearity::tanh}),
               5. / 3 / std::sqrt(540.));
  check_uniform(init::xavier_uniform(w), std::sqrt(6 / 720.));
  check_normal(init::xavier_normal(w, 2), 2 * std::sqrt(2 / 720.));
  check_uniform(init::fan_in_uniform(w, 25), 0.2);
  CHECK(max(abs(init::fan_in_uniform(w, 0))).item() == 0);
}

TEST_CASE("a generator makes initialisation reproducible and leaves the default one alone") {
  manual_seed(9);
  Generator a(4), b(4);
  const Tensor x({7, 5}, f32), y({7, 5}, f32);
  for (int round = 0; round < 2; ++round) {  // the second round continues the stream
    init::kaiming_normal(x, {}, a);
    init::kaiming_normal(y, {}, b);
    CHECK(std::ranges::equal(x.data<float>(), y.data<float>()));
    init::orthogonal(x, 1, a);
    init::orthogonal(y, 1, b);
    CHECK(std::ranges::equal(x.data<float>(), y.data<float>()));
  }
  CHECK(default_generator().position() == 0);
  CHECK_FALSE(std::ranges::equal(init::uniform(x).data<float>(), init::uniform(y).data<float>()));
}

TEST_CASE("orthogonal: the shorter side's vectors are orthonormal") {
  manual_seed(0);
  for (const Shape& shape :
       {Shape{6, 6}, Shape{3, 50}, Shape{50, 3}, Shape{4, 2, 3}, Shape{1, 1}}) {
    CAPTURE(fmt::format("{}", shape));
    const Tensor x = init::orthogonal(Tensor(shape, f64), 2);
    const Tensor m = reshape(x, {shape[0], -1});
    const bool wide = m.size(0) <= m.size(1);
    const Tensor product =
        wide ? matmul(m, m, {.transpose_b = true}) : matmul(m, m, {.transpose_a = true});
    CHECK(max(abs(product - 4 * eye(product.size(0), f64))).item() < 1e-14 * 4);
  }
  CHECK(init::orthogonal(zeros({0, 3})).numel() == 0);
  CHECK(init::orthogonal(zeros({2, 2})).dtype() == f32);
  CHECK_THROWS_WITH_AS(init::orthogonal(zeros({3})), "orthogonal: needs at least 2 axes, got (3,)",
                       ShapeError);
}

TEST_CASE("size 0 is left as it is") {
  const Tensor x({0, 3}, f32);
  CHECK(init::kaiming_uniform(x).is(x));
  CHECK(init::kaiming_normal(x).is(x));
  CHECK(init::xavier_uniform(zeros({0, 0})).numel() == 0);
  CHECK(init::xavier_normal(x).is(x));
}
