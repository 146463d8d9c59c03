#include "../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/gradcheck.h>
#include <engram/autograd/ops/dropout.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/threads.h>

#include <algorithm>
#include <cmath>

using namespace engram;

TEST_CASE("dropout: drops a share of p, scales the rest, keeps the mean") {
  const std::int64_t n = 100'000;
  for (double p : {0.1, 0.5, 0.9}) {
    Generator generator(4);
    const Tensor y = dropout(ones({n}, f64), p, true, generator);
    const std::int64_t dropped = std::ranges::count(y.data<double>(), 0.0);
    CHECK(dropped + std::ranges::count(y.data<double>(), 1 / (1 - p)) == n);
    // Five standard deviations of the binomial distribution.
    CHECK(std::abs(static_cast<double>(dropped) - n * p) < 5 * std::sqrt(n * p * (1 - p)));
  }
}

TEST_CASE("dropout: neighbours, and one call and the next, are independent") {
  const std::int64_t n = 100'000;
  Generator generator(9);
  const Tensor first = dropout(ones({n}), 0.5, true, generator);
  const Tensor second = dropout(ones({n}), 0.5, true, generator);
  const auto a = first.data<float>(), b = second.data<float>();
  double both = 0, pairs = 0;
  for (std::size_t i = 1; i < a.size(); ++i) {
    both += a[i] != 0 && b[i] != 0;
    pairs += a[i] != 0 && a[i - 1] != 0;
  }
  const double five_sigma = 5 * std::sqrt(n * 0.25 * 0.75);
  CHECK(std::abs(both - n / 4.) < five_sigma);
  CHECK(std::abs(pairs - n / 4.) < 2 * five_sigma);  // overlapping pairs vary more
}

TEST_CASE("dropout: a seed gives the same mask, for any number of threads") {
  const int threads = num_threads();
  const Tensor x = ones({50'001});
  Generator one(3), four(3), other(5);
  set_num_threads(1);
  const Tensor y1 = dropout(x, 0.3, true, one);
  set_num_threads(4);
  const Tensor y4 = dropout(x, 0.3, true, four);
  set_num_threads(threads);
  CHECK(std::ranges::equal(y1.bytes(), y4.bytes()));
  CHECK_FALSE(std::ranges::equal(y1.bytes(), dropout(x, 0.3, true, other).bytes()));
  CHECK(one.position() == 12'501);

  manual_seed(3);
  CHECK(std::ranges::equal(y1.bytes(), dropout(x, 0.3).bytes()));
}

TEST_CASE("dropout: the ends of p, and not training") {
  const Tensor x = tensor({1, 2, 3});
  Generator generator(1);
  CHECK(dropout(x, 0.5, false, generator).is(x));
  CHECK(dropout(x, 0, true, generator).is(x));
  CHECK(generator.position() == 0);
  check_close(dropout(x, 1), {0, 0, 0});
  CHECK(dropout(zeros({0, 3})).shape() == Shape{0, 3});
  check_close(dropout(scalar(2), 1), {0});
}

TEST_CASE("dropout: the gradient passes the same mask") {
  const Tensor x = ones({1000});
  x.set_requires_grad();
  Tape tape;
  const Tensor y = dropout(x, 0.25);
  const Tensor dx = tape.gradient(y, {x}, {.gradient = ones({1000})})[0];
  CHECK(std::ranges::equal(dx.bytes(), y.bytes()));

  const auto f = [](const auto& in) {
    Generator generator(2);
    return dropout(in[0], 0.5, true, generator);
  };
  Generator numbers(6);
  const Tensor v = randn({3, 5}, f64, numbers);
  CHECK(gradcheck(f, {v}));
  CHECK(gradgradcheck(f, {v}));
}

TEST_CASE("dropout: errors") {
  CHECK_THROWS_WITH_AS(dropout(zeros({2}), 1.5), "dropout: p must be in [0, 1], got 1.5", Error);
  CHECK_THROWS_WITH_AS(dropout(zeros({2}), -0.1), "dropout: p must be in [0, 1], got -0.1", Error);
  CHECK_THROWS_WITH_AS(dropout(zeros({2}), NAN), "dropout: p must be in [0, 1], got nan", Error);
  CHECK_THROWS_WITH_AS(dropout(zeros({2}, i64)), "dropout: needs f32 or f64, got i64", DTypeError);
}
