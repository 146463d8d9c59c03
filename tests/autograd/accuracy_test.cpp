#include <doctest/doctest.h>
#include <engram/autograd/kernels/math.h>
#include <engram/engram.h>

#include <cmath>
#include <limits>
#include <vector>

#include "instruction_sets.h"
#include "values.h"

using namespace engram;
using kernels::InstructionSet;
namespace math = engram::kernels::math;

namespace {

/// The largest error of f over [low, high], in units of the last place.
template <class Exact>
double worst_ulp(double low, double high, Tensor (*f)(const Tensor&), Exact exact) {
  constexpr std::int64_t steps = 100'003;
  const Tensor x =
      cast(arange(0, static_cast<double>(steps), 1, f64) * ((high - low) / (steps - 1)) + low, f32);
  const Tensor y = f(x);
  double worst = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    const double wanted = exact(static_cast<double>(x.data<float>()[i]));
    const auto rounded = static_cast<float>(wanted);
    if (std::isinf(rounded)) continue;
    const float next = std::nextafter(std::abs(rounded), std::numeric_limits<float>::infinity());
    const double ulp = static_cast<double>(next) - std::abs(static_cast<double>(rounded));
    worst = std::max(worst, std::abs(static_cast<double>(y.data<float>()[i]) - wanted) / ulp);
  }
  return worst;
}

}  // namespace

TEST_CASE("f32 functions: within a few units of the last place, in every instruction set") {
  for (const auto set : sets()) {
    const Using use(set);
    CAPTURE(set_name(set));
    const auto exact_exp = [](double x) { return std::exp(x); };
    CHECK(worst_ulp(-1, 1, exp, exact_exp) < 2);
    CHECK(worst_ulp(-87, 88.7, exp, exact_exp) < 2);
    CHECK(worst_ulp(-103.9, -87, exp, exact_exp) < 2);  // denormal results
    const auto exact_log = [](double x) { return std::log(x); };
    CHECK(worst_ulp(0.5, 2, log, exact_log) < 2);
    CHECK(worst_ulp(1e-3, 1e3, log, exact_log) < 2);
    CHECK(worst_ulp(1e30, 3e38, log, exact_log) < 2);
    CHECK(worst_ulp(1e-44, 1e-37, log, exact_log) < 2);  // denormal arguments
    const auto exact_tanh = [](double x) { return std::tanh(x); };
    CHECK(worst_ulp(-0.7, 0.7, tanh, exact_tanh) < 4);
    CHECK(worst_ulp(-12, 12, tanh, exact_tanh) < 4);
    const auto exact_erf = [](double x) { return std::erf(x); };
    CHECK(worst_ulp(-1.1, 1.1, erf, exact_erf) < 4);
    CHECK(worst_ulp(-6, 6, erf, exact_erf) < 4);
  }
}

TEST_CASE("elementwise results are bitwise the same in every instruction set") {
  manual_seed(4);
  const Tensor x = randn({4099}) * 3;
  x.set_requires_grad();
  const auto results = [&](InstructionSet set) {
    const Using use(set);
    std::vector<Values> all;
    for (const auto f :
         {+[](const Tensor& v) { return exp(v); }, +[](const Tensor& v) { return gelu(v); },
          +[](const Tensor& v) { return tanh(v); },
          +[](const Tensor& v) { return sigmoid(v) * v + v; }}) {
      Tape tape;
      const Tensor y = f(x);
      all.push_back(values(y));
      all.push_back(values(tape.gradient(y, {x}, {.gradient = ones_like(y)})[0]));
    }
    return all;
  };
  const auto expected = results(InstructionSet::baseline);
  for (const auto set : sets()) CHECK(results(set) == expected);
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
