#pragma once

#include <engram/autograd/error.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace engram {

/// A list of at most 8 integers, stored inline (no heap): the sizes of a tensor, the axes of a
/// reduction. ShapeError beyond 8.
class Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes) : Shape(std::span(sizes.begin(), sizes.end())) {}
  explicit Shape(std::span<const std::int64_t> sizes);

  int rank() const { return rank_; }

  /// Size along an axis; a negative axis counts from the end. ShapeError when it is out of range.
  std::int64_t size(std::int64_t axis) const {
    return sizes_[static_cast<std::size_t>(this->axis(axis))];
  }

  /// Product of the sizes; 1 for a scalar's empty shape.
  std::int64_t numel() const {
    std::int64_t n = 1;
    for (std::int64_t size : *this) n *= size;
    return n;
  }

  /// The axis counted from the front; a negative one counts from the end. ShapeError as above.
  int axis(std::int64_t axis) const {
    if (axis < -rank_ || axis >= rank_) [[unlikely]]
      no_such_axis(axis);
    return static_cast<int>(axis < 0 ? axis + rank_ : axis);
  }

  // Unchecked, from the front.
  std::int64_t operator[](int axis) const { return sizes_[static_cast<std::size_t>(axis)]; }
  std::int64_t& operator[](int axis) { return sizes_[static_cast<std::size_t>(axis)]; }

  const std::int64_t* begin() const { return sizes_.data(); }
  const std::int64_t* end() const { return sizes_.data() + rank_; }
  std::int64_t* begin() { return sizes_.data(); }
  std::int64_t* end() { return sizes_.data() + rank_; }

  void push_back(std::int64_t size);

  /// This shape without one axis, or with another size there; the axis counts from the front.
  Shape without(int axis) const;
  Shape with(int axis, std::int64_t size) const;

  bool operator==(const Shape& other) const {
    return rank_ == other.rank_ && std::equal(begin(), end(), other.begin());
  }

 private:
  [[noreturn]] void no_such_axis(std::int64_t axis) const;

  std::array<std::int64_t, max_rank> sizes_{};
  int rank_ = 0;
};

/// Axis numbers; negative ones count from the end.
using Axes = Shape;

/// The index of element `number` along each axis, row-major: (1, 0) for number 3 of (2, 3).
Shape index_of(std::int64_t number, const Shape& shape);

/// The broadcast shape of two operands, by NumPy's rule: aligned at the last axis, sizes of 1
/// stretch. A ShapeError names `op` when they do not fit.
Shape broadcast(const char* op, const Shape& a, const Shape& b);

/// ShapeError when a size is negative, or the product of the nonzero sizes is above 2^53.
void check_sizes(const Shape& shape);

/// Row-major strides, in elements.
Shape strides(const Shape& shape);

/// A shape collapsed around one axis, of size n: (outer, n, inner).
struct AxisView {
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t inner = 1;
};
AxisView view_along(const Shape& shape, std::int64_t axis);

}  // namespace engram

/// Prints as NumPy does: `(2, 3)`, `(2,)`, `()`.
template <>
struct fmt::formatter<engram::Shape> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  fmt::format_context::iterator format(const engram::Shape& shape,
                                       fmt::format_context& context) const;
};
