#pragma once

#include <engram/autograd/error.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace engram {

/// The type of a tensor's elements, known at run time.
enum class DType : std::uint8_t {
  f32,  ///< the default
  f64,  ///< gradient checks, science
  i64,  ///< labels, indices, counts
  u8,   ///< images, and masks that comparisons make (0 or 1)
};

inline constexpr DType f32 = DType::f32;
inline constexpr DType f64 = DType::f64;
inline constexpr DType i64 = DType::i64;
inline constexpr DType u8 = DType::u8;

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>)
    return f32;
  else if constexpr (std::is_same_v<T, double>)
    return f64;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return i64;
  else {
    static_assert(std::is_same_v<T, std::uint8_t>,
                  "elements are float, double, int64_t or uint8_t");
    return u8;
  }
}

constexpr bool is_floating(DType dtype) { return dtype == f32 || dtype == f64; }

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) { return dtype == f32 ? 4 : dtype == u8 ? 1 : 8; }

constexpr const char* name_of(DType dtype) {
  return dtype == f32 ? "f32" : dtype == f64 ? "f64" : dtype == i64 ? "i64" : "u8";
}

/// A number as another type of element: a float becomes an integer by dropping its fraction, the
/// nearest limit where it is out of range, and 0 for NaN; an i64 keeps its lowest 8 bits as u8.
template <class To, class From>
constexpr To convert(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // A float cast to an integer type that cannot hold it is undefined. As a float, the upper limit
    // of i64 rounds up to 2^63, which is too large already.
    constexpr auto low = static_cast<From>(std::numeric_limits<To>::min());
    constexpr auto high = static_cast<From>(std::numeric_limits<To>::max());
    if (value >= high) return std::numeric_limits<To>::max();
    if (value > low) return static_cast<To>(value);
    return value <= low ? std::numeric_limits<To>::min() : To{0};
  } else {
    return static_cast<To>(value);
  }
}

/// Calls f.operator()<T>() with the C++ type of `dtype`.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case f32:
      return f.template operator()<float>();
    case f64:
      return f.template operator()<double>();
    case i64:
      return f.template operator()<std::int64_t>();
    default:
      return f.template operator()<std::uint8_t>();
  }
}

/// The same for f32 and f64 only; a DTypeError names the operation otherwise.
template <class F>
decltype(auto) dispatch_floating(const char* op, DType dtype, F&& f) {
  check_dtype(is_floating(dtype), "{}: needs f32 or f64, got {}", op, name_of(dtype));
  return dtype == f32 ? f.template operator()<float>() : f.template operator()<double>();
}

}  // namespace engram

template <>
struct fmt::formatter<engram::DType> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  fmt::format_context::iterator format(engram::DType dtype, fmt::format_context& context) const;
};
