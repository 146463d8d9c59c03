#include <engram/autograd/shape.h>

namespace engram {

Shape::Shape(std::span<const std::int64_t> sizes) {
  for (std::int64_t size : sizes) push_back(size);
}

void Shape::push_back(std::int64_t size) {
  check_shape(rank_ < max_rank, "a shape has at most {} axes", max_rank);
  sizes_[static_cast<std::size_t>(rank_++)] = size;
}

Shape Shape::without(int axis) const {
  Shape shape;
  for (int i = 0; i < rank_; ++i) {
    if (i != axis) shape.push_back((*this)[i]);
  }
  return shape;
}

Shape Shape::with(int axis, std::int64_t size) const {
  Shape shape = *this;
  shape[axis] = size;
  return shape;
}

void Shape::no_such_axis(std::int64_t axis) const {
  fail<ShapeError>("axis {} is out of range for shape {}", axis, *this);
}

Shape index_of(std::int64_t number, const Shape& shape) {
  Shape index = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[axis] = number % shape[axis];
    number /= shape[axis];
  }
  return index;
}

Shape broadcast(const char* op, const Shape& a, const Shape& b) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape shape = longer;
  const int offset = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    std::int64_t& size = shape[offset + i];
    check_shape(size == shorter[i] || size == 1 || shorter[i] == 1,
                "{}: shapes {} and {} cannot be broadcast together", op, a, b);
    if (size == 1) size = shorter[i];
  }
  return shape;
}

void check_sizes(const Shape& shape) {
  std::int64_t product = 1;  // of the nonzero sizes: the strides must fit too
  for (std::int64_t size : shape) {
    check_shape(size >= 0, "a tensor cannot have the shape {}: a size is negative", shape);
    // 2^53 elements of 8 bytes are beyond any machine, and no later product overflows.
    check_shape(size == 0 || product <= (std::int64_t{1} << 53) / size,
                "a tensor of shape {} is too large", shape);
    if (size > 0) product *= size;
  }
}

Shape strides(const Shape& shape) {
  Shape result = shape;
  std::int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    result[i] = stride;
    stride *= shape[i];
  }
  return result;
}

AxisView view_along(const Shape& shape, std::int64_t axis) {
  axis = shape.axis(axis);
  AxisView view{.n = shape[axis]};
  for (int i = 0; i < axis; ++i) view.outer *= shape[i];
  for (int i = axis + 1; i < shape.rank(); ++i) view.inner *= shape[i];
  return view;
}

}  // namespace engram

fmt::format_context::iterator fmt::formatter<engram::Shape>::format(
    const engram::Shape& shape, fmt::format_context& context) const {
  auto out = fmt::format_to(context.out(), "(");
  for (int i = 0; i < shape.rank(); ++i) {
    out = fmt::format_to(out, "{}{}", i ? ", " : "", shape[i]);
  }
  return fmt::format_to(out, "{}", shape.rank() == 1 ? ",)" : ")");
}
