#include <engram/autograd/create.h>
#include <engram/autograd/kernels/math.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/numbers.h>

#include <cmath>
#include <numbers>

namespace engram {

// So that `exp(x)` in a derivative is found for numbers as well as for tensors.
using kernels::math::exp, std::cos, std::sin;

Tensor exp(const Tensor& x) {
  return unary_of_output(
      "exp", x, [](auto v) { return kernels::math::exp(v); },
      [](auto y, auto dy) { return dy * y; });
}

Tensor log(const Tensor& x) {
  return unary_of_input(
      "log", x, [](auto v) { return kernels::math::log(v); },
      [](auto v, auto dy) { return dy / v; });
}

Tensor sqrt(const Tensor& x) {
  return unary_of_output(
      "sqrt", x, [](auto v) { return std::sqrt(v); }, [](auto y, auto dy) { return dy / (y + y); });
}

Tensor square(const Tensor& x) {
  return unary_of_input(
      "square", x, [](auto v) { return v * v; },
      [](auto v, auto dy) {
        const auto half = dy * v;  // 2·v could overflow
        return half + half;
      });
}

Tensor abs(const Tensor& x) {
  return unary_of_input(
      "abs", x, [](auto v) { return std::abs(v); },
      []<class V>(V v, V dy) { return where(v > 0, dy, where(v < 0, V(-dy), zeros_like(dy))); });
}

Tensor sign(const Tensor& x) {
  return unary_of_input(
      "sign", x, []<class T>(T v) { return v != v ? v : static_cast<T>((v > 0) - (v < 0)); },
      [](auto, auto dy) { return zeros_like(dy); });
}

Tensor sin(const Tensor& x) {
  return unary_of_input(
      "sin", x, [](auto v) { return std::sin(v); }, [](auto v, auto dy) { return dy * cos(v); });
}

Tensor cos(const Tensor& x) {
  return unary_of_input(
      "cos", x, [](auto v) { return std::cos(v); }, [](auto v, auto dy) { return -dy * sin(v); });
}

Tensor erf(const Tensor& x) {
  // erf'(x) = 2/√π · e^(-x²)
  return unary_of_input(
      "erf", x, [](auto v) { return kernels::math::erf(v); },
      []<class V>(V v, V dy) {
        return dy * exp(-v * v) * Constant<V>(2 * std::numbers::inv_sqrtpi);
      });
}

}  // namespace engram
