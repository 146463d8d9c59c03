#pragma once

#include <fmt/core.h>

#include <stdexcept>

namespace engram {

/// The base of the library's exceptions. The text names the function called, the error, and the
/// argument it got.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Sizes do not fit: `matmul: inner sizes differ: a is (2, 3), b is (4, 5)`.
struct ShapeError : Error {
  using Error::Error;
};

/// Element types do not fit: `add: dtypes differ: f32 and i64`.
struct DTypeError : Error {
  using Error::Error;
};

/// A gradient was asked for that cannot be computed.
struct AutogradError : Error {
  using Error::Error;
};

/// A file or a data set is malformed, or its parts contradict each other.
struct DataError : Error {
  using Error::Error;
};

/// Throws an E with the formatted text.
template <class E = Error, class... Args>
[[noreturn]] void fail(fmt::format_string<const Args&...> text, const Args&... args) {
  throw E(fmt::vformat(text, fmt::make_format_args(args...)));
}

/// Throws an Error with the formatted text unless `ok`. So do the ones below, each with its kind.
template <class... Args>
void check(bool ok, fmt::format_string<const Args&...> text, const Args&... args) {
  if (!ok) [[unlikely]]
    fail<Error>(text, args...);
}

template <class... Args>
void check_shape(bool ok, fmt::format_string<const Args&...> text, const Args&... args) {
  if (!ok) [[unlikely]]
    fail<ShapeError>(text, args...);
}

template <class... Args>
void check_dtype(bool ok, fmt::format_string<const Args&...> text, const Args&... args) {
  if (!ok) [[unlikely]]
    fail<DTypeError>(text, args...);
}

template <class... Args>
void check_autograd(bool ok, fmt::format_string<const Args&...> text, const Args&... args) {
  if (!ok) [[unlikely]]
    fail<AutogradError>(text, args...);
}

template <class... Args>
void check_data(bool ok, fmt::format_string<const Args&...> text, const Args&... args) {
  if (!ok) [[unlikely]]
    fail<DataError>(text, args...);
}

}  // namespace engram
