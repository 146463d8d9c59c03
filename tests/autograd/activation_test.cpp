#include <doctest/doctest.h>
#include <engram/engram.h>

#include <cmath>

#include "../close.h"
#include "unary.h"

using namespace engram;

namespace {

const NamedUnary functions[] = {{"tanh", tanh},
                                {"sigmoid", sigmoid},
                                {"relu", [](const Tensor& x) { return relu(x); }},
                                {"leaky_relu", [](const Tensor& x) { return leaky_relu(x); }},
                                {"gelu", gelu},
                                {"softplus", [](const Tensor& x) { return softplus(x); }}};

}  // namespace

TEST_CASE("activation: NaN, sizes 0 and 1, integers") { check_unary(functions); }

TEST_CASE("activation: large inputs saturate and do not overflow") {
  const Tensor x = tensor({-1000, 1000}, f32);
  check_close(sigmoid(x), {0, 1});
  check_close(tanh(x), {-1, 1});
  check_close(softplus(x), {0, 1000});
  check_close(gelu(x), {0, 1000});
  check_close(relu(tensor({-infinity, infinity}, f64)), {0, infinity});
  for (const NamedUnary& each : functions) {
    CAPTURE(std::string(each.name));
    const Tensor slope = gradient_of(each.f, tensor({-1000, 1000}, f32));
    CHECK(std::isfinite(slope.data<float>()[0]));
    CHECK(std::isfinite(slope.data<float>()[1]));
  }
}

TEST_CASE("activation: gradients at the kink are those of the left") {
  check_close(gradient_of([](const Tensor& x) { return relu(x); }, tensor({0, 1, -1}, f64)),
              {0, 1, 0});
  check_close(
      gradient_of([](const Tensor& x) { return leaky_relu(x, 0.25); }, tensor({0, 1, -1}, f64)),
      {0.25, 1, 0.25});
}

TEST_CASE("softplus: the threshold, and a beta that makes no sense") {
  check_close(softplus(tensor({0, 10.5, 9.5}, f64), 2, 20),
              {std::log(2.0) / 2, 10.5, std::log1p(std::exp(19.0)) / 2});
  CHECK_THROWS_WITH_AS(softplus(zeros({1}), 0), "softplus: beta must be positive, got 0", Error);
  CHECK_THROWS_WITH_AS(softplus(zeros({1}), -1.5), "softplus: beta must be positive, got -1.5",
                       Error);
}

TEST_CASE("relu: takes the memory of a temporary, and of nothing that somebody can see") {
  const Tensor x = tensor({-1, 2});
  const Tensor kept = relu(x);
  CHECK(kept.data<float>().data() != x.data<float>().data());
  CHECK(x.data<float>()[0] == -1);

  Tensor temporary = x * 1;
  const float* memory = temporary.data<float>().data();
  CHECK(relu(std::move(temporary)).data<float>().data() == memory);

  Tensor seen = x * 1;
  const Tensor seen_too = view(seen, seen.shape());
  const Tensor y = relu(std::move(seen));
  CHECK(seen_too.data<float>()[0] == -1);
  CHECK(y.data<float>()[0] == 0);
}
