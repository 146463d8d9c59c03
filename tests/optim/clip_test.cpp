#include "../close.h"

#include <doctest/doctest.h>
#include <engram/autograd/create.h>
#include <engram/autograd/random.h>
#include <engram/autograd/threads.h>
#include <engram/optim/clip.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace engram;
using optim::clip_grad_norm;
using optim::clip_grad_value;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

Tensor with_gradient(const Tensor& gradient) {
  const Tensor p = zeros(gradient.shape(), gradient.dtype());
  p.set_requires_grad();
  p.set_grad(gradient);
  return p;
}

/// Two parameters with gradients, and one without.
std::vector<Tensor> parameters() {
  return {with_gradient(tensor({3, -4, 0.5}, f64)), zeros({2}),
          with_gradient(tensor({1, -2, 0.25, 6}, {2, 2}, f64))};
}

}  // namespace

// The values are those of PyTorch 1.13's clip_grad_norm_.

TEST_CASE("clip_grad_norm scales all gradients by one factor") {
  struct Case {
    double max_norm, norm_type, norm;
    std::vector<double> a, b;
  };
  const std::vector<Case> cases = {
      {2,
       2,
       8.143248737451165,
       {0.736806581333953, -0.982408775111937, 0.122801096888992},
       {0.245602193777984, -0.491204387555968, 0.0614005484444961, 1.47361316266791}},
      {2,
       1,
       16.75,
       {0.358208933838273, -0.477611911784363, 0.0597014889730454},
       {0.119402977946091, -0.238805955892182, 0.0298507444865227, 0.716417867676545}},
      {2,
       3,
       6.81229483432292,
       {0.880760340701843, -1.17434712093579, 0.146793390116974},
       {0.293586780233948, -0.587173560467895, 0.0733966950584869, 1.76152068140369}},
      {2,
       0.5,
       96.09608170538324,
       {0.0624375087004861, -0.0832500116006482, 0.010406251450081},
       {0.020812502900162, -0.0416250058003241, 0.00520312572504051, 0.124875017400972}},
      {2,
       inf,
       6,
       {0.999999833333361, -1.33333311111115, 0.166666638888894},
       {0.333333277777787, -0.666666555555574, 0.0833333194444468, 1.99999966666672}},
      {100, 2, 8.143248737451165, {3, -4, 0.5}, {1, -2, 0.25, 6}},
      {0, 2, 8.143248737451165, {0, 0, 0}, {0, 0, 0, 0}},
  };
  for (const auto& each : cases) {
    CAPTURE(each.max_norm);
    CAPTURE(each.norm_type);
    const auto& [max_norm, norm_type, norm, a, b] = each;
    const std::vector<Tensor> p = parameters();
    CHECK(std::abs(clip_grad_norm(p, max_norm, {.norm_type = norm_type}) - norm) <= 1e-13 * norm);
    check_close(p[0].grad(), a, 1e-13);
    CHECK_FALSE(p[1].grad().defined());
    check_close(p[2].grad(), b, 1e-13);
  }
}

TEST_CASE("a norm that is not finite is returned, and makes gradients 0 or NaN") {
  for (const double norm_type : {2., inf}) {
    CAPTURE(norm_type);
    const Tensor a = with_gradient(tensor({3, -inf, 0.5}));
    CHECK(clip_grad_norm({a}, 2, {.norm_type = norm_type}) == inf);
    check_close(a.grad(), {0, NaN, 0});
    const Tensor b = with_gradient(tensor({3, NaN, 0.5})), c = with_gradient(tensor({7}));
    CHECK(std::isnan(clip_grad_norm({b, c}, 2, {.norm_type = norm_type})));
    check_close(b.grad(), {NaN, NaN, NaN});
    check_close(c.grad(), {NaN});
  }
}

TEST_CASE("error_if_nonfinite: a norm that is not finite is an Error, and nothing has changed") {
  for (const double norm_type : {1., 2., 3., inf}) {
    for (const double bad : {NaN, inf, -inf}) {
      const std::string name = std::isnan(bad) ? "nan" : "inf";
      CAPTURE(norm_type);
      CAPTURE(name);
      const Tensor a = with_gradient(tensor({3, 4})), b = with_gradient(tensor({1, bad}, f64));
      CHECK_THROWS_WITH_AS(
          clip_grad_norm({a, b}, 1, {.norm_type = norm_type, .error_if_nonfinite = true}),
          fmt::format("clip_grad_norm: the norm of the gradients is {}", name).c_str(), Error);
      check_close(a.grad(), {3, 4});
      check_close(b.grad(), {1, bad});
    }
  }
  const Tensor fine = with_gradient(tensor({3, 4}));
  CHECK(clip_grad_norm({fine}, 10, {.error_if_nonfinite = true}) == 5);
}

TEST_CASE("clipping no gradients, or none of any size") {
  CHECK(clip_grad_norm({}, 1) == 0);
  CHECK(clip_grad_norm({zeros({3})}, 1) == 0);
  const Tensor none = with_gradient(zeros({0, 2}));
  CHECK(clip_grad_norm({none}, 1) == 0);
  CHECK(clip_grad_norm({none}, 1, {.norm_type = inf}) == 0);
  clip_grad_value({none, zeros({3})}, 1);
  const Tensor one = with_gradient(scalar(-3));
  CHECK(clip_grad_norm({one}, 4) == 3);
  CHECK(one.grad().item() == -3);
}

TEST_CASE("the norm of f32 gradients is summed in double, alike for every number of threads") {
  const int threads = num_threads();
  Generator generator(5);
  const Tensor gradient = randn({200'003}, f32, generator);
  double sum = 0;
  for (const float g : gradient.data<float>()) sum += static_cast<double>(g) * g;
  std::vector<double> norms;
  for (const int count : {1, 2}) {
    set_num_threads(count);
    norms.push_back(clip_grad_norm({with_gradient(gradient)}, 1e9));
  }
  set_num_threads(threads);
  CHECK(norms[0] == norms[1]);
  CHECK(std::abs(norms[0] - std::sqrt(sum)) < 1e-12 * norms[0]);
}

TEST_CASE("clip_grad_value limits every element") {
  const Tensor a = with_gradient(tensor({3, -4, 0.5, NaN, inf, -inf}));
  const Tensor b = with_gradient(tensor({1, -0.25}, f64));
  clip_grad_value({a, zeros({2}), b}, 0.75);
  check_close(a.grad(), {0.75, -0.75, 0.5, NaN, 0.75, -0.75});
  check_close(b.grad(), {0.75, -0.25});
}

TEST_CASE("clipping refuses limits that are none") {
  CHECK_THROWS_WITH_AS(clip_grad_norm({}, -1),
                       "clip_grad_norm: max_norm must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(clip_grad_norm({}, NaN),
                       "clip_grad_norm: max_norm must be at least 0, got nan", Error);
  CHECK_THROWS_WITH_AS(clip_grad_norm({}, 1, {.norm_type = 0}),
                       "clip_grad_norm: norm_type must be above 0, got 0", Error);
  CHECK_THROWS_WITH_AS(clip_grad_value({}, -1),
                       "clip_grad_value: clip_value must be at least 0, got -1", Error);
}

TEST_CASE("clipping passes over frozen parameters, which have a gradient left over") {
  const Tensor frozen = with_gradient(tensor({1000, -1000})), a = with_gradient(tensor({0.3, 0.4}));
  frozen.set_requires_grad(false);
  CHECK(clip_grad_norm({frozen, a}, 1) == doctest::Approx(0.5));
  clip_grad_value({frozen, a}, 0.35);
  check_close(a.grad(), {0.3, 0.35}, 1e-6);
  check_close(frozen.grad(), {1000, -1000});
}
