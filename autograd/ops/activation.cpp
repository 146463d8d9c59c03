#include <engram/autograd/create.h>
#include <engram/autograd/kernels/math.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/numbers.h>

#include <cmath>
#include <numbers>

namespace engram {
namespace {

// The same names for numbers as for tensors, so that a derivative serves both.
using kernels::math::erf, kernels::math::exp, kernels::math::sigmoid;

constexpr double inv_sqrt2 = 1 / std::numbers::sqrt2;
constexpr double inv_sqrt2pi = std::numbers::inv_sqrtpi / std::numbers::sqrt2;

}  // namespace

Tensor tanh(const Tensor& x) {
  return unary_of_output(
      "tanh", x, [](auto v) { return kernels::math::tanh(v); },
      [](auto y, auto dy) { return dy * (1 - y * y); });
}

Tensor sigmoid(const Tensor& x) {
  return unary_of_output(
      "sigmoid", x, [](auto v) { return sigmoid(v); },
      [](auto y, auto dy) { return dy * y * (1 - y); });
}

Tensor relu(Tensor x) {
  // Written so that NaN passes.
  return unary_of_output(
      "relu", std::move(x), []<class T>(T v) { return v < 0 ? T{0} : v; },
      [](auto y, auto dy) { return where(y <= 0, zeros_like(dy), dy); });
}

Tensor leaky_relu(const Tensor& x, double negative_slope) {
  return unary_of_input(
      "leaky_relu", x, [=]<class T>(T v) { return v > 0 ? v : v * static_cast<T>(negative_slope); },
      [=]<class V>(V v, V dy) {
        return where(v > 0, dy, V(dy * static_cast<Constant<V>>(negative_slope)));
      },
      [=] {
        return Attributes{{"negative_slope", negative_slope}};
      });
}

Tensor gelu(const Tensor& x) {
  // (x Φ(x))' = Φ(x) + x φ(x) with Φ(x) = (1 + erf(x/√2)) / 2 and φ(x) = e^(-x²/2) / √(2π)
  return unary_of_input(
      "gelu", x,
      []<class T>(T v) { return v * (T(0.5) * (T{1} + erf(v * static_cast<T>(inv_sqrt2)))); },
      []<class V>(V v, V dy) {
        using C = Constant<V>;
        return dy * (C(0.5) * (1 + erf(v * C(inv_sqrt2))) + v * exp(-v * v / 2) * C(inv_sqrt2pi));
      });
}

Tensor softplus(const Tensor& x, double beta, double threshold) {
  check(beta > 0, "softplus: beta must be positive, got {}", beta);
  return unary_of_input(
      "softplus", x,
      [=]<class T>(T v) {
        const auto z = static_cast<T>(beta) * v;
        // log(1 + e^z) = max(z, 0) + log(1 + e^-|z|) does not overflow.
        if (z > static_cast<T>(threshold)) return v;
        return (std::max(z, T{0}) + std::log1p(exp(-std::abs(z)))) / static_cast<T>(beta);
      },
      [=]<class V>(V v, V dy) {
        const V z = v * static_cast<Constant<V>>(beta);
        return where(z > threshold, dy, V(dy * sigmoid(z)));
      },
      [=] {
        return Attributes{{"beta", beta}, {"threshold", threshold}};
      });
}

}  // namespace engram
