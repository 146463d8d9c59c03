#pragma once

#include <engram/autograd/error.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <type_traits>

namespace engram {

/// The type of a tensor's elements, known at run time.
enum class DType : std::uint8_t {
  f32,      ///< the default
  f64,      ///< gradient checks, science
  i64,      ///< labels, indices, counts
  u8,       ///< images
  boolean,  ///< masks, as comparisons return them
};

inline constexpr DType f32 = DType::f32;
inline constexpr DType f64 = DType::f64;
inline constexpr DType i64 = DType::i64;
inline constexpr DType u8 = DType::u8;
inline constexpr DType boolean = DType::boolean;

enum class DTypeKind : std::uint8_t { floating, integer, logical };

/// A row of the table of dtypes.
struct DTypeRow {
  DType dtype;
  const char* name;
  std::size_t size;  ///< bytes of one element
  DTypeKind kind;
  const char* safetensors;  ///< the name in a safetensors file
};

/// The table of dtypes, in the order of the enumerators. Code that depends on a dtype reads it
/// here, or is a template that `dispatch` chooses.
inline constexpr DTypeRow dtypes[] = {
    {f32, "f32", sizeof(float), DTypeKind::floating, "F32"},
    {f64, "f64", sizeof(double), DTypeKind::floating, "F64"},
    {i64, "i64", sizeof(std::int64_t), DTypeKind::integer, "I64"},
    {u8, "u8", sizeof(std::uint8_t), DTypeKind::integer, "U8"},
    {boolean, "boolean", sizeof(bool), DTypeKind::logical, "BOOL"},
};

template <class... T>
struct Types {};

/// The C++ types of the elements, in the order of the table, and those that have arithmetic.
using ElementTypes = Types<float, double, std::int64_t, std::uint8_t, bool>;
using NumberTypes = Types<float, double, std::int64_t, std::uint8_t>;
using FloatTypes = Types<float, double>;

template <class T, class... Each>
constexpr DType dtype_in(Types<Each...>) {
  static_assert((std::is_same_v<T, Each> || ...),
                "elements are float, double, int64_t, uint8_t or bool");
  std::size_t row = 0;
  static_cast<void>(((std::is_same_v<T, Each> || (++row, false)) || ...));
  return dtypes[row].dtype;
}

template <class T>
constexpr DType dtype_of() {
  return dtype_in<T>(ElementTypes());
}

constexpr const DTypeRow& row_of(DType dtype) { return dtypes[static_cast<std::size_t>(dtype)]; }
constexpr const char* name_of(DType dtype) { return row_of(dtype).name; }
/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) { return row_of(dtype).size; }
constexpr bool is_floating(DType dtype) { return row_of(dtype).kind == DTypeKind::floating; }

/// A number as another type of element: a float becomes an integer by dropping its fraction, the
/// nearest limit where it is out of range, and 0 for NaN; an i64 keeps its lowest 8 bits as u8;
/// true is 1 as a number, and every number but 0, NaN included, is true.
template <class To, class From>
constexpr To convert(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
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

[[noreturn]] void fail_among(const char* op, std::initializer_list<DType> needed, DType got);

/// DTypeError unless `dtype` is that of one of the types: `add: needs f32, f64, i64 or u8, got
/// boolean`.
template <class... T>
void check_among(Types<T...>, const char* op, DType dtype) {
  if (!((dtype == dtype_of<T>()) || ...)) [[unlikely]]
    fail_among(op, {dtype_of<T>()...}, dtype);
}

/// Calls f.operator()<T>() with the C++ type of `dtype`, which is one of the types.
template <class First, class... Rest, class F>
decltype(auto) choose(Types<First, Rest...>, DType dtype, F&& f) {
  if constexpr (sizeof...(Rest) > 0) {
    if (dtype != dtype_of<First>()) return choose(Types<Rest...>(), dtype, f);
  }
  return f.template operator()<First>();
}

/// Calls f.operator()<T>() with the C++ type of `dtype`: for code that fits every dtype, such as
/// copying, comparing for equality, printing.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  return choose(ElementTypes(), dtype, f);
}

/// The same for some types only; a DTypeError names the operation otherwise.
template <class... T, class F>
decltype(auto) dispatch(Types<T...> types, const char* op, DType dtype, F&& f) {
  check_among(types, op, dtype);
  return choose(types, dtype, f);
}

template <class F>
decltype(auto) dispatch_floating(const char* op, DType dtype, F&& f) {
  return dispatch(FloatTypes(), op, dtype, f);
}

}  // namespace engram

template <>
struct fmt::formatter<engram::DType> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  fmt::format_context::iterator format(engram::DType dtype, fmt::format_context& context) const;
};
