#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

// Functions of f32 that the compiler can vectorise: polynomials without branches, tables or calls,
// within 2 ulp (tanh and erf: 4) of the exact value. f64 goes to the C library. Polynomials: Cephes
// (Moshier), except where said otherwise.
namespace engram::kernels::math {

inline double exp(double x) { return std::exp(x); }
inline double log(double x) { return std::log(x); }
inline double tanh(double x) { return std::tanh(x); }
inline double erf(double x) { return std::erf(x); }

/// 2^n for n in [-126, 127].
inline float power_of_2(std::int32_t n) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(n + 127) << 23);
}

/// The polynomial in x with these coefficients, the highest first.
template <class... C>
float polynomial(float x, float highest, C... others) {
  float p = highest;
  ((p = p * x + others), ...);
  return p;
}

inline float exp(float x) {
  // e^x = 2^n · e^r with n = round(x / ln 2). Beyond the limits the result is 0 or infinity.
  x = x < -104.0f ? -104.0f : x > 89.0f ? 89.0f : x;
  constexpr float round = 12582912.0f;  // 1.5 · 2^23: adding it leaves the integer in the low bits
  const float shifted = x * 1.44269504088896341f + round;
  const float n = shifted - round;
  const std::int32_t integer =
      static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(shifted) - 0x4B400000u);
  const float r = x - n * 0.693359375f - n * -2.12194440e-4f;  // the first product is exact
  const float p = polynomial(r, 1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                             4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f);
  const float y = p * (r * r) + r + 1.0f;
  // In two steps, because 2^n itself may be denormal or infinite where the result is not.
  const std::int32_t half = integer >> 1;
  return y * power_of_2(half) * power_of_2(integer - half);
}

inline float log(float x) {
  // x = m · 2^e with m in [√½, √2)
  constexpr float smallest = std::numeric_limits<float>::min();
  const bool denormal = x < smallest;
  const float scaled = denormal ? x * 8388608.0f : x;                             // 2^23
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(scaled) - 0x3F3504F3u;  // of √½
  const float e =
      static_cast<float>(static_cast<std::int32_t>(bits) >> 23) - (denormal ? 23.0f : 0.0f);
  const float m = std::bit_cast<float>((bits & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
  const float z = m * m;
  const float p = polynomial(m, 7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f,
                             -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
                             2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f);
  const float y = m + (m * z * p + e * -2.12194440e-4f - 0.5f * z) + e * 0.693359375f;
  const float infinity = std::numeric_limits<float>::infinity();
  const float special = x == 0 ? -infinity : std::numeric_limits<float>::quiet_NaN();
  const float below = x <= 0 ? special : y;
  return x < infinity ? below : x;  // +infinity and NaN stay
}

inline float tanh(float x) {
  const float magnitude = std::abs(x);
  const float z = x * x;
  const float p = polynomial(z, -5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f,
                             1.33314422036e-1f, -3.33332819422e-1f);
  const float small = p * z * x + x;
  const float large = 1.0f - 2.0f / (exp(2.0f * magnitude) + 1.0f);
  return std::copysign(magnitude < 0.625f ? small : large, x);  // also that of -0
}

inline float erf(float x) {
  const float magnitude = std::abs(x);
  const float z = x * x;
  const float small = polynomial(z, 7.853861353153693e-5f, -8.010193625184903e-4f,
                                 5.188327685732524e-3f, -2.685381193529856e-2f,
                                 1.128358514861418e-1f, -3.761262582423300e-1f, 1.128379165726710f);
  // 1 - erf(x) = e^(-x²) / x · p(1/x²), with one polynomial below 2 and one above
  const float inverse = 1.0f / magnitude, y = inverse * inverse;
  const float near =
      polynomial(y, 2.326819970068386e-2f, -1.387039388740657e-1f, 3.687424674597105e-1f,
                 -5.824733027278666e-1f, 6.210004621745983e-1f, -4.944515323274145e-1f,
                 3.404879937665872e-1f, -2.741127028184656e-1f, 5.638259427386472e-1f);
  const float far = polynomial(
      y, -1.047766399936249e+1f, 1.297719955372516e+1f, -7.495518717768503f, 2.921019019210786f,
      -1.015265279202700f, 4.218463358204948e-1f, -2.820767439740514e-1f, 5.641895067754075e-1f);
  const float rest = exp(-z) * inverse * (magnitude < 2.0f ? near : far);
  return magnitude < 1.0f ? small * x : std::copysign(1.0f - rest, x);
}

template <class T>
T sigmoid(T x) {
  return T{1} / (T{1} + exp(-x));
}

}  // namespace engram::kernels::math
