#include "../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/softmax.h>

#include <cmath>

using namespace engram;

TEST_CASE("softmax and log_softmax: values along either axis") {
  const Tensor x = tensor({0, std::log(3), std::log(4), std::log(12)}, {2, 2}, f64);
  check_close(softmax(x, 1), {0.25, 0.75, 0.25, 0.75});
  check_close(softmax(x, 0), {0.2, 0.2, 0.8, 0.8});
  check_close(softmax(x, -1), {0.25, 0.75, 0.25, 0.75});
  check_close(log_softmax(x, 1), {std::log(0.25), std::log(0.75), std::log(0.25), std::log(0.75)});
  check_close(log_softmax(x, -2), {std::log(0.2), std::log(0.2), std::log(0.8), std::log(0.8)});
}

TEST_CASE("softmax and log_softmax: an axis in the middle") {
  // Each of the four lines is (a, a + log 3).
  const double l = std::log(3);
  const Tensor x = tensor({0, 5, l, 5 + l, -1, 2, -1 + l, 2 + l}, {2, 2, 2}, f64);
  check_close(softmax(x, 1), {0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75});
  check_close(log_softmax(x, 1), {std::log(0.25), std::log(0.25), std::log(0.75), std::log(0.75),
                                  std::log(0.25), std::log(0.25), std::log(0.75), std::log(0.75)});
}

TEST_CASE("softmax and log_softmax: extreme elements") {
  const Tensor large = tensor({1e4, 1e4 - 1, -1e4}, {1, 3});
  check_close(softmax(large, 1), {0.7310585786300049, 0.2689414213699951, 0}, 1e-6);
  check_close(log_softmax(large, 1), {-0.3132616875182228, -1.3132616875182228, -20000.31326},
              1e-6);

  const Tensor masked = tensor({-INFINITY, 0, 1, -INFINITY, -INFINITY, -INFINITY}, {2, 3}, f64);
  check_close(softmax(masked, 1), {0, 0.2689414213699951, 0.7310585786300049, NAN, NAN, NAN});
  check_close(log_softmax(masked, 1),
              {-INFINITY, -1.3132616875182228, -0.3132616875182228, NAN, NAN, NAN});

  // NaN is not hidden by a larger number.
  check_close(softmax(tensor({5, NAN}, f64), 0), {NAN, NAN});
}

TEST_CASE("softmax and log_softmax: sizes 0 and 1") {
  CHECK(softmax(zeros({0, 3}), 1).shape() == Shape{0, 3});
  CHECK(softmax(zeros({3, 0}), 1).shape() == Shape{3, 0});
  CHECK(log_softmax(zeros({2, 0, 2}), 1).numel() == 0);
  check_close(softmax(tensor({-7, 3}, {2, 1}), 1), {1, 1});
  check_close(log_softmax(tensor({-7, 3}, {2, 1}), 1), {0, 0});
}

TEST_CASE("softmax and log_softmax: errors") {
  CHECK_THROWS_WITH_AS(softmax(arange(3), 0), "softmax: needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(log_softmax(zeros({2}, u8), 0), "log_softmax: needs f32 or f64, got u8",
                       DTypeError);
  CHECK_THROWS_AS(softmax(zeros({2, 3}), 2), ShapeError);
  CHECK_THROWS_AS(log_softmax(scalar(1), 0), ShapeError);
}
