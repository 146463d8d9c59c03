#pragma once

#include <engram/autograd/tensor.h>

/// Prints a tensor as NumPy prints an array: `fmt::print("{}\n", x)`. At most 8 digits after the
/// point, and no more than the shortest that read back as the number; an exponent for all elements
/// when one is very large or small; lines of 75 characters; above 1000 elements only the first and
/// last three along an axis. A scalar has all its digits. An undefined tensor prints as
/// `undefined`.
template <>
struct fmt::formatter<engram::Tensor> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  fmt::format_context::iterator format(const engram::Tensor& x, fmt::format_context& context) const;
};
