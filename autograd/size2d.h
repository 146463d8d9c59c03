#pragma once

#include <fmt/core.h>

#include <cstdint>

namespace engram {

/// Height and width, of a kernel or a stride; one number stands for both: `.stride = 2`,
/// `.padding = {1, 0}`.
struct Size2d {
  constexpr Size2d(std::int64_t both) : height(both), width(both) {}
  constexpr Size2d(std::int64_t h, std::int64_t w) : height(h), width(w) {}
  bool operator==(const Size2d&) const = default;

  std::int64_t height;
  std::int64_t width;
};

}  // namespace engram

/// Prints `(height, width)`.
template <>
struct fmt::formatter<engram::Size2d> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  auto format(const engram::Size2d& size, fmt::format_context& context) const {
    return fmt::format_to(context.out(), "({}, {})", size.height, size.width);
  }
};
