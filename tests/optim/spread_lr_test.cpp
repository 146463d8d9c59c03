#include <engram/autograd/create.h>
#include <engram/optim/sgd.h>
#include <engram/optim/spread_lr.h>

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace engram;

TEST_CASE("spread_lr: rates in geometric progression over the groups") {
  const std::vector<std::vector<Tensor>> groups{{ones({1})}, {ones({1})}, {ones({1})}};
  optim::SGD sgd(groups, {.lr = 5});
  optim::spread_lr(sgd, 1e-4, 1e-2);
  CHECK(sgd.lr(0) == doctest::Approx(1e-4));
  CHECK(sgd.lr(1) == doctest::Approx(1e-3));
  CHECK(sgd.lr(2) == 1e-2);

  optim::SGD one(std::vector{ones({1})}, {.lr = 5});
  optim::spread_lr(one, 1, 2);
  CHECK(one.lr() == 2);
  optim::spread_lr(sgd, 1e300, 1e-300);  // whose ratio is no number of f64
  CHECK(sgd.lr(1) == doctest::Approx(1));
  CHECK_THROWS_WITH_AS(optim::spread_lr(one, 0, 2),
                       "spread_lr: rates must be finite and above 0, got 0 and 2", Error);
  CHECK_THROWS_WITH_AS(optim::spread_lr(one, 1, std::numeric_limits<double>::infinity()),
                       "spread_lr: rates must be finite and above 0, got 1 and inf", Error);
  CHECK(one.lr() == 2);
}
