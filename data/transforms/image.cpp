#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/map.h>
#include <engram/data/transforms/image.h>
#include <engram/data/transforms/warp.h>

#include <algorithm>
#include <cmath>

namespace engram::data {
namespace {

/// The planes (height, width) of an image: channels, and what else stands before the last two axes.
struct Planes {
  std::int64_t count = 1, height, width;

  explicit Planes(const Shape& shape) : height(shape.size(-2)), width(shape.size(-1)) {
    for (int axis = 0; axis < shape.rank() - 2; ++axis) count *= shape[axis];
  }
  std::int64_t pixels() const { return height * width; }
};

/// Positions [first, last) of a window [start, start + size) that lie within [0, limit), counted
/// from the window's start; first = last if there are none.
struct Inside {
  std::int64_t first, last;

  /// The arguments are the caller's: no sum of them may overflow.
  Inside(std::int64_t start, std::int64_t size, std::int64_t limit)
      : first(start > -size ? std::max<std::int64_t>(-start, 0) : size),
        last(std::max(first, start > limit - size ? limit - start : size)) {}
};

void check_window(const char* caller, Size2d size) {
  check(size.height >= 0 && size.width >= 0, "{}: the size must be at least 0, got {}", caller,
        size);
}

}  // namespace

void check_image(const char* caller, const Tensor& x) {
  check_shape(x.rank() >= 2, "{}: needs an image (…, height, width), got {}", caller, x.shape());
  check_without_gradient(caller, x);
}

Tensor hflip(const Tensor& x) {
  check_image("hflip", x);
  Tensor y(x.shape(), x.dtype());
  const std::int64_t width = x.size(-1);
  dispatch(x.dtype(), [&]<class T>() {
    const T* from = x.data<T>().data();
    T* to = y.data<T>().data();
    const std::int64_t n = x.numel();
    for (std::int64_t i = 0; i < n; i += width) {
      std::reverse_copy(from + i, from + i + width, to + i);
    }
  });
  return y;
}

Tensor crop(const Tensor& x, std::int64_t top, std::int64_t left, Size2d size) {
  check_image("crop", x);
  check_window("crop", size);
  const int rank = x.rank();
  Tensor y(x.shape().with(rank - 2, size.height).with(rank - 1, size.width), x.dtype());
  const Planes planes(x.shape());
  const Inside rows(top, size.height, planes.height), columns(left, size.width, planes.width);
  dispatch(x.dtype(), [&]<class T>() {
    const T* from = x.data<T>().data();
    T* to = y.data<T>().data();
    for (std::int64_t plane = 0; plane < planes.count; ++plane, from += planes.pixels()) {
      to = std::fill_n(to, rows.first * size.width, T{0});
      for (std::int64_t row = rows.first; row < rows.last; ++row) {
        to = std::fill_n(to, columns.first, T{0});
        if (columns.first < columns.last) {
          to = std::copy_n(from + ((top + row) * planes.width + left + columns.first),
                           columns.last - columns.first, to);
        }
        to = std::fill_n(to, size.width - columns.last, T{0});
      }
      to = std::fill_n(to, (size.height - rows.last) * size.width, T{0});
    }
  });
  return y;
}

Tensor rotate(const Tensor& x, double degrees) {
  check_image("rotate", x);
  check(std::isfinite(degrees), "rotate: the angle must be finite, got {}", degrees);
  return dispatch(Types<float, std::uint8_t>(), "rotate", x.dtype(), [&]<class T>() {
    if (degrees == 0) return x;
    Tensor y(x.shape(), x.dtype());
    const Planes planes(x.shape());
    Places from(planes.height, planes.width);
    from.set(rotation(-degrees));
    const std::int64_t n = planes.pixels();
    for (std::int64_t plane = 0; plane < planes.count; ++plane) {
      warp(x.data<T>().data() + plane * n, from, y.data<T>().data() + plane * n);
    }
    return y;
  });
}

Tensor erase(const Tensor& x, std::int64_t top, std::int64_t left, Size2d size, double value) {
  check_image("erase", x);
  check_window("erase", size);
  Tensor y = clone(x);
  const Planes planes(x.shape());
  const Inside rows(top, size.height, planes.height), columns(left, size.width, planes.width);
  if (columns.first == columns.last) return y;
  dispatch(x.dtype(), [&]<class T>() {
    T* to = y.data<T>().data();
    for (std::int64_t plane = 0; plane < planes.count; ++plane, to += planes.pixels()) {
      for (std::int64_t row = rows.first; row < rows.last; ++row) {
        std::fill_n(to + ((top + row) * planes.width + left + columns.first),
                    columns.last - columns.first, convert<T>(value));
      }
    }
  });
  return y;
}

}  // namespace engram::data
