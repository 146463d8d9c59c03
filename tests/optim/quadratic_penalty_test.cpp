#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/optim/quadratic_penalty.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

using namespace engram;
using doctest::Approx;

namespace {

struct Quadratic {
  Generator generator{7};
  std::vector<Tensor> theta, omega, star;

  explicit Quadratic(std::initializer_list<Shape> shapes, DType dtype = f64) {
    for (const Shape& shape : shapes) {
      theta.push_back(randn(shape, dtype, generator));
      omega.push_back(rand(shape, dtype, generator));
      star.push_back(randn(shape, dtype, generator));
      theta.back().set_requires_grad();
    }
  }
};

}  // namespace

TEST_CASE("quadratic_penalty: value and gradient by hand") {
  const Tensor theta = tensor({1, 2, 3}, f64);
  theta.set_requires_grad();
  const Tensor omega = tensor({1, 0, 4}, f64), star = tensor({0, 0, 5}, f64);
  Tape tape;
  const Tensor penalty = optim::quadratic_penalty({theta}, {omega}, {star}, 10);
  CHECK(penalty.item() == Approx(0.5 * 10 * (1 * 1 + 0 + 4 * 4)));
  tape.backward(penalty * 3);
  CHECK(theta.grad().data<double>()[0] == Approx(3 * 10 * 1 * 1));
  CHECK(theta.grad().data<double>()[1] == 0);
  CHECK(theta.grad().data<double>()[2] == Approx(3 * 10 * 4 * -2));
}

TEST_CASE("quadratic_penalty: an importance left out is 1") {
  const Tensor theta = tensor({1, 2, 3}, f64), star = tensor({0, 0, 5}, f64);
  theta.set_requires_grad();
  Tape tape;
  const Tensor penalty = optim::quadratic_penalty({theta}, {Tensor()}, {star}, 10);
  const Tensor same = optim::quadratic_penalty({theta}, {ones({3}, f64)}, {star}, 10);
  CHECK(penalty.item() == 0.5 * 10 * (1 + 4 + 4));
  const GradientOptions again{.create_graph = true};
  const Tensor first = tape.gradient(penalty, {theta}, again)[0];
  const Tensor first_of_same = tape.gradient(same, {theta}, again)[0];
  CHECK(max(abs(first - first_of_same)).item() == 0);
  CHECK(max(abs(first - 10 * (theta - star))).item() == 0);
  CHECK(min(tape.gradient(sum(first), {theta})[0]).item() == 10);
}

TEST_CASE("quadratic_penalty: the fused pass agrees with the formula written in operations") {
  // Sizes around the lanes and the blocks of the fused loop.
  const Quadratic q({{}, {0}, {1}, {15}, {16}, {17}, {4096}, {4097}, {3, 5000}});
  Tape tape;
  const Tensor penalty = optim::quadratic_penalty(q.theta, q.omega, q.star, 3.5);
  Tensor formula = scalar(0, f64);
  for (std::size_t k = 0; k < q.theta.size(); ++k) {
    formula = formula + 0.5 * 3.5 * sum(q.omega[k] * square(q.theta[k] - q.star[k]));
  }
  CHECK(penalty.item() == Approx(formula.item()).epsilon(1e-12));
  const auto fused = tape.gradient(penalty, q.theta);
  const auto plain = tape.gradient(formula, q.theta);
  for (std::size_t k = 0; k < q.theta.size(); ++k) {
    for (std::size_t i = 0; i < fused[k].data<double>().size(); ++i) {
      CHECK(fused[k].data<double>()[i] == Approx(plain[k].data<double>()[i]).epsilon(1e-12));
    }
  }
}

TEST_CASE("quadratic_penalty: its gradient can be differentiated: the Hessian is λΩ") {
  const Quadratic q({{4}});
  Tape tape;
  const Tensor penalty = optim::quadratic_penalty(q.theta, q.omega, q.star, 2);
  const Tensor gradient = tape.gradient(penalty, q.theta, {.create_graph = true})[0];
  const Tensor v = tensor({1, -2, 3, 0.5}, f64);
  const Tensor hv = tape.gradient(sum(gradient * v), q.theta)[0];
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(hv.data<double>()[i] ==
          Approx(2 * q.omega[0].data<double>()[i] * v.data<double>()[i]).epsilon(1e-12));
  }
}

TEST_CASE("quadratic_penalty: can be run backward twice when the recording is kept") {
  const Quadratic q({{5}});
  Tape tape;
  const Tensor penalty = optim::quadratic_penalty(q.theta, q.omega, q.star, 2);
  const Tensor once = tape.gradient(penalty, q.theta, {.retain_graph = true})[0];
  const Tensor again = tape.gradient(penalty, q.theta)[0];
  for (std::size_t i = 0; i < 5; ++i) CHECK(once.data<double>()[i] == again.data<double>()[i]);
}

TEST_CASE("quadratic_penalty: importances that are none are refused, wherever they stand") {
  constexpr float inf = std::numeric_limits<float>::infinity(),
                  NaN = std::numeric_limits<float>::quiet_NaN();
  for (const std::int64_t n : {1, 15, 16, 17, 4099}) {
    for (const std::int64_t at : {std::int64_t{0}, n / 2, n - 1}) {
      for (const float wrong : {NaN, inf, -inf, -1e-30f}) {
        const Quadratic q({{n}, {n}}, f32);
        CHECK_NOTHROW(optim::quadratic_penalty(q.theta, q.omega, q.star, 2));
        q.omega[1].mutable_data<float>()[static_cast<std::size_t>(at)] = wrong;
        CHECK_THROWS_WITH_AS(optim::quadratic_penalty(q.theta, q.omega, q.star, 2),
                             fmt::format("quadratic_penalty: importances must be finite and at "
                                         "least 0, parameter 1 has one of {}",
                                         wrong)
                                 .c_str(),
                             Error);
      }
    }
  }
}

TEST_CASE("quadratic_penalty: what does not fit is named") {
  const Tensor theta = ones({2, 3});
  theta.set_requires_grad();
  CHECK(!optim::quadratic_penalty({}, {}, {}, 1).defined());
  CHECK_THROWS_WITH_AS(optim::quadratic_penalty({theta}, {}, {}, 1),
                       "quadratic_penalty: 1 parameters, 0 importances, 0 centers", Error);
  CHECK_THROWS_WITH_AS(
      optim::quadratic_penalty({theta}, {ones({3})}, {ones({2, 3})}, 1),
      "quadratic_penalty: parameter 0 is (2, 3), its importance (3,), its center (2, 3)",
      ShapeError);
  CHECK_THROWS_WITH_AS(
      optim::quadratic_penalty({theta}, {ones({2, 3}, f64)}, {ones({2, 3})}, 1),
      "quadratic_penalty: parameter 0 is f32, its importance f64, its center f32, the rest f32",
      DTypeError);
}
