#include <engram/autograd/kernels/strided.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/record.h>

#include <utility>

namespace engram {

Tensor reshape(const Tensor& x, const Shape& shape) {
  Shape to = shape;
  int inferred = -1;
  for (int axis = 0; axis < to.rank(); ++axis) {
    if (to[axis] == -1) {
      check_shape(inferred < 0, "reshape: only one size of {} can be -1", shape);
      inferred = axis;
      to[axis] = 1;
    }
    check_shape(to[axis] >= 0, "reshape: a size of {} is negative", shape);
  }
  check_sizes(to);
  const std::int64_t known = to.numel();
  if (inferred >= 0 && known > 0) to[inferred] = x.numel() / known;
  check_shape(to.numel() == x.numel() && (inferred < 0 || known > 0), "reshape: {} does not fit {}",
              x.shape(), shape);
  if (to == x.shape()) return x;
  return record(
      "reshape", view(x, to), {x},
      [from = x.shape()](const Tensor& dy, Gradients& d) { d[0] = reshape(dy, from); },
      [&] {
        return Attributes{{"shape", to}};
      });
}

Tensor flatten(const Tensor& x, std::int64_t start, std::int64_t end) {
  if (x.rank() == 0) return reshape(x, {1});
  const int first = x.shape().axis(start), last = x.shape().axis(end);
  check_shape(first <= last, "flatten: axis {} is behind axis {} in shape {}", start, end,
              x.shape());
  Shape shape;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (first < axis && axis <= last)
      shape[first] *= x.shape()[axis];
    else
      shape.push_back(x.shape()[axis]);
  }
  return reshape(x, shape);
}

Tensor squeeze(const Tensor& x) {
  Shape shape;
  for (std::int64_t size : x.shape()) {
    if (size != 1) shape.push_back(size);
  }
  return reshape(x, shape);
}

Tensor squeeze(const Tensor& x, std::int64_t axis) {
  axis = x.shape().axis(axis);
  return x.size(axis) == 1 ? reshape(x, x.shape().without(axis)) : x;
}

Tensor unsqueeze(const Tensor& x, std::int64_t axis) {
  const int rank = x.rank() + 1;
  check_shape(-rank <= axis && axis < rank, "unsqueeze: axis {} is out of range for shape {}", axis,
              x.shape());
  if (axis < 0) axis += rank;
  Shape shape;
  for (int from = 0; from < rank; ++from) {
    if (from == axis) shape.push_back(1);
    if (from < x.rank()) shape.push_back(x.shape()[from]);
  }
  return reshape(x, shape);
}

Tensor expand(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  check_shape(broadcast("expand", x.shape(), shape) == shape, "expand: {} does not stretch to {}",
              x.shape(), shape);
  Tensor y(shape, x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    kernels::copy(kernels::broadcast_loops(x.shape(), shape, shape), x.data<T>().data(),
                  y.data<T>().data());
  });
  return record(
      "expand", y, {x},
      [from = x.shape()](const Tensor& dy, Gradients& d) { d[0] = sum_to(dy, from); },
      [&] {
        return Attributes{{"shape", shape}};
      });
}

Tensor permute(const Tensor& x, const Axes& order) {
  const Shape from = strides(x.shape());
  Shape shape, walked, inverse = order;
  bool seen[Shape::max_rank] = {};
  bool complete = order.rank() == x.rank();
  for (int to = 0; complete && to < order.rank(); ++to) {
    const int axis = x.shape().axis(order[to]);
    complete = !std::exchange(seen[axis], true);
    shape.push_back(x.shape()[axis]);
    walked.push_back(from[axis]);
    inverse[axis] = to;
  }
  check_shape(complete, "permute: {} does not name every axis of {} once", order, x.shape());
  Tensor y(shape, x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    kernels::copy(kernels::strided_loops(shape, walked, strides(shape)), x.data<T>().data(),
                  y.data<T>().data());
  });
  return record(
      "permute", y, {x}, [inverse](const Tensor& dy, Gradients& d) { d[0] = permute(dy, inverse); },
      [&] {
        return Attributes{{"order", order}};
      });
}

Tensor transpose(const Tensor& x, std::int64_t axis0, std::int64_t axis1) {
  Axes order;
  for (int axis = 0; axis < x.rank(); ++axis) order.push_back(axis);
  std::swap(order[x.shape().axis(axis0)], order[x.shape().axis(axis1)]);
  return permute(x, order);
}

}  // namespace engram
