#include <doctest/doctest.h>
#include <engram/autograd/kernels/math.h>
#include <engram/engram.h>

#include <cmath>
#include <limits>

using namespace engram;
namespace math = engram::kernels::math;

namespace {

/// The largest distance of f from the exact function over [low, high], in units of the last place.
template <class F, class Exact>
double worst_ulp(double low, double high, F f, Exact exact) {
  constexpr int steps = 200'000;
  double worst = 0;
  for (int i = 0; i <= steps; ++i) {
    const auto x = static_cast<float>(low + (high - low) * i / steps);
    const double wanted = exact(static_cast<double>(x));
    const auto rounded = static_cast<float>(wanted);
    if (std::isinf(rounded)) continue;
    const float next = std::nextafter(std::abs(rounded), std::numeric_limits<float>::infinity());
    const double ulp = static_cast<double>(next) - std::abs(static_cast<double>(rounded));
    worst = std::max(worst, std::abs(static_cast<double>(f(x)) - wanted) / ulp);
  }
  return worst;
}

}  // namespace

TEST_CASE("f32 functions: within a few units of the last place") {
  const auto exp = [](float x) { return math::exp(x); };
  const auto exact_exp = [](double x) { return std::exp(x); };
  CHECK(worst_ulp(-1, 1, exp, exact_exp) < 2);
  CHECK(worst_ulp(-87, 88.7, exp, exact_exp) < 2);
  CHECK(worst_ulp(-103.9, -87, exp, exact_exp) < 2);  // denormal results
  const auto log = [](float x) { return math::log(x); };
  const auto exact_log = [](double x) { return std::log(x); };
  CHECK(worst_ulp(0.5, 2, log, exact_log) < 2);
  CHECK(worst_ulp(1e-3, 1e3, log, exact_log) < 2);
  CHECK(worst_ulp(1e30, 3e38, log, exact_log) < 2);
  CHECK(worst_ulp(1e-44, 1e-37, log, exact_log) < 2);  // denormal arguments
  const auto tanh = [](float x) { return math::tanh(x); };
  const auto exact_tanh = [](double x) { return std::tanh(x); };
  CHECK(worst_ulp(-0.7, 0.7, tanh, exact_tanh) < 4);
  CHECK(worst_ulp(-12, 12, tanh, exact_tanh) < 4);
  const auto erf = [](float x) { return math::erf(x); };
  const auto exact_erf = [](double x) { return std::erf(x); };
  CHECK(worst_ulp(-1.1, 1.1, erf, exact_erf) < 4);
  CHECK(worst_ulp(-6, 6, erf, exact_erf) < 4);
}

TEST_CASE("f32 functions: the ends") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(math::exp(0.0f) == 1);
  CHECK(math::exp(infinity) == infinity);
  CHECK(math::exp(88.8f) == infinity);
  CHECK(math::exp(1e30f) == infinity);
  CHECK(math::exp(-infinity) == 0);
  CHECK(math::exp(-1e30f) == 0);
  CHECK(math::log(1.0f) == 0);
  CHECK(math::log(0.0f) == -infinity);
  CHECK(math::log(-0.0f) == -infinity);
  CHECK(math::log(infinity) == infinity);
  CHECK(std::isnan(math::log(-1.0f)));
  CHECK(std::isnan(math::log(-infinity)));
  for (const float end : {infinity, 1e30f}) {
    CHECK(math::tanh(end) == 1);
    CHECK(math::tanh(-end) == -1);
    CHECK(math::erf(end) == 1);
    CHECK(math::erf(-end) == -1);
    CHECK(math::sigmoid(end) == 1);
    CHECK(math::sigmoid(-end) == 0);
  }
  CHECK(std::signbit(math::tanh(-0.0f)));
  CHECK(math::erf(0.0f) == 0);
  for (const auto f :
       {+[](float x) { return math::exp(x); }, +[](float x) { return math::log(x); },
        +[](float x) { return math::tanh(x); }, +[](float x) { return math::erf(x); },
        +[](float x) { return math::sigmoid(x); }}) {
    CHECK(std::isnan(f(nan)));
  }
}
