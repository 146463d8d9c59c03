#pragma once

#include <engram/autograd/error.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace engram {

/// A short list of numbers that lives where it stands, without the heap: the sizes of a tensor, the
/// axes of a reduction. At most 8 of them; ShapeError beyond.
class Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes) : Shape(std::span(sizes.begin(), sizes.end())) {}
  explicit Shape(std::span<const std::int64_t> sizes);

  int rank() const { return rank_; }

  /// Size along an axis; a negative axis counts from the end. ShapeError when there is none such.
  std::int64_t size(std::int64_t axis) const {
    return sizes_[static_cast<std::size_t>(this->axis(axis))];
  }

  /// Product of the sizes; 1 for a scalar's empty shape.
  std::int64_t numel() const {
    std::int64_t n = 1;
    for (std::int64_t size : *this) n *= size;
    return n;
  }

  /// The axis counted from the front, for one that may count from the end.
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

  /// This shape without, or with another size at, an axis from the front.
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

/// Numbers of axes, each of which may count from the end.
using Axes = Shape;

/// Where element `number` of a shape stands, in row-major order: (1, 0) for number 3 of (2, 3).
Shape index_of(std::int64_t number, const Shape& shape);

/// The shape that two operands take together by NumPy's rule: aligned at the last axis, a size of 1
/// stretches. ShapeError names `op` when they do not fit.
Shape broadcast(const char* op, const Shape& a, const Shape& b);

/// ShapeError unless a tensor can have this shape: no size is negative, and their product fits.
void check_sizes(const Shape& shape);

/// Row-major distances between neighbours along each axis, in elements.
Shape strides(const Shape& shape);

/// A shape as one of its axes sees it: `outer` blocks of `n` rows of `inner` elements each.
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
