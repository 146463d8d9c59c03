#pragma once

#include <engram/autograd/create.h>
#include <engram/autograd/tape.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>

inline constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

using Unary = engram::Tensor (*)(const engram::Tensor&);

struct NamedUnary {
  const char* name;
  Unary f;
};

/// f'(x), element by element.
inline engram::Tensor gradient_of(Unary f, const engram::Tensor& x) {
  x.set_requires_grad();
  engram::Tape tape;
  return tape.gradient(f(x), {x}, {.gradient = engram::ones_like(x)})[0];
}

/// Common properties of functions of one tensor: NaN passes, sizes 0 and 1 keep their shape, and
/// integers are a DTypeError that names the function.
inline void check_unary(std::span<const NamedUnary> functions) {
  using namespace engram;
  for (const NamedUnary& each : functions) {
    const std::string name = each.name;
    const Unary f = each.f;
    CAPTURE(name);
    CHECK(std::isnan(f(tensor({nan_value}, f64)).item()));
    CHECK(std::isnan(f(tensor({nan_value}, f32)).item()));
    CHECK(f(zeros({0, 2})).shape() == Shape{0, 2});
    CHECK(f(zeros({})).shape() == Shape{});
    CHECK(f(zeros({1, 1}, f64)).dtype() == f64);
    for (const DType dtype : {i64, u8}) {
      CHECK_THROWS_WITH_AS(f(zeros({2}, dtype)),
                           fmt::format("{}: needs f32 or f64, got {}", name, dtype).c_str(),
                           DTypeError);
    }
  }
}
