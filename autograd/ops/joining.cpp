#include <engram/autograd/create.h>
#include <engram/autograd/kernels/strided.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/record.h>

#include <algorithm>
#include <span>

namespace engram {

Tensor cat(const std::vector<Tensor>& tensors, std::int64_t axis) {
  check(!tensors.empty(), "cat: needs at least one tensor");
  const Tensor& first = tensors[0];
  axis = first.shape().axis(axis);
  Shape shape = first.shape().with(axis, 0);
  for (const Tensor& x : tensors) {
    check_shape(x.rank() == shape.rank() && x.shape().with(axis, 0) == first.shape().with(axis, 0),
                "cat: shapes {} and {} differ not only in axis {}", first.shape(), x.shape(), axis);
    check_dtype(x.dtype() == first.dtype(), "cat: dtypes differ: {} and {}", first.dtype(),
                x.dtype());
    shape[axis] += x.size(axis);
  }

  Tensor y(shape, first.dtype());
  std::vector<std::int64_t> starts = {0};
  dispatch(y.dtype(), [&]<class T>() {
    for (const Tensor& x : tensors) {
      const std::int64_t start = starts.back();
      starts.push_back(start + x.size(axis));
      if (x.numel() == 0) continue;
      kernels::copy(kernels::strided_loops(x.shape(), strides(x.shape()), strides(shape)),
                    x.data<T>().data(), y.data<T>().data() + start * strides(shape)[axis]);
    }
  });
  const std::vector<TensorRef> inputs(tensors.begin(), tensors.end());
  return record(
      "cat", y, std::span(inputs),
      [axis, starts](const Tensor& dy, Gradients& d) {
        for (std::size_t k = 0; k + 1 < starts.size(); ++k) {
          const int input = static_cast<int>(k);
          if (d.wants(input)) d[input] = slice(dy, axis, starts[k], starts[k + 1]);
        }
      },
      [axis] {
        return Attributes{{"axis", axis}};
      });
}

Tensor stack(const std::vector<Tensor>& tensors, std::int64_t axis) {
  check(!tensors.empty(), "stack: needs at least one tensor");
  std::vector<Tensor> rows;
  for (const Tensor& x : tensors) {
    check_shape(x.shape() == tensors[0].shape(), "stack: shapes differ: {} and {}",
                tensors[0].shape(), x.shape());
    check_dtype(x.dtype() == tensors[0].dtype(), "stack: dtypes differ: {} and {}",
                tensors[0].dtype(), x.dtype());
    rows.push_back(unsqueeze(x, axis));
  }
  return cat(rows, axis);
}

namespace {

/// x padded with `value`, or cropped where negative, before and after its elements along each axis.
Tensor padded(const Tensor& x, const Shape& before, const Shape& after, double value) {
  Shape shape = x.shape(), box = x.shape();  // of the result, and of its part copied from x
  for (int axis = 0; axis < x.rank(); ++axis) {
    shape[axis] += before[axis] + after[axis];
    box[axis] += std::min<std::int64_t>(0, before[axis]) + std::min<std::int64_t>(0, after[axis]);
  }
  check_sizes(shape);
  const Shape x_strides = strides(x.shape()), y_strides = strides(shape);
  std::int64_t from = 0, to = 0;
  for (int axis = 0; axis < x.rank(); ++axis) {
    from += std::max<std::int64_t>(0, -before[axis]) * x_strides[axis];
    to += std::max<std::int64_t>(0, before[axis]) * y_strides[axis];
  }
  Tensor y = shape == box ? Tensor(shape, x.dtype()) : full(shape, value, x.dtype());
  if (box.numel() == 0) return y;
  dispatch(x.dtype(), [&]<class T>() {
    kernels::copy(kernels::strided_loops(box, x_strides, y_strides), x.data<T>().data() + from,
                  y.data<T>().data() + to);
  });
  return y;
}

Shape negated(Shape amounts) {
  for (std::int64_t& amount : amounts) amount = -amount;
  return amounts;
}

/// The gradient of padding is cropping, and of cropping padding with 0.
Tensor record_padding(const char* op, const Tensor& y, const Tensor& x, const Shape& before,
                      const Shape& after, double value) {
  return record(
      op, y, {x},
      [less_before = negated(before), less_after = negated(after)](const Tensor& dy, Gradients& d) {
        d[0] = record_padding("pad", padded(dy, less_before, less_after, 0), dy, less_before,
                              less_after, 0);
      },
      [&] {
        return Attributes{{"before", before}, {"after", after}, {"value", value}};
      });
}

}  // namespace

Tensor slice(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t stop) {
  axis = x.shape().axis(axis);
  const std::int64_t size = x.size(axis);
  const auto limited = [size](std::int64_t bound) {
    return std::clamp<std::int64_t>(bound < 0 ? bound + size : bound, 0, size);
  };
  start = limited(start);
  stop = std::max(start, limited(stop));

  Shape before = x.shape();
  for (std::int64_t& amount : before) amount = 0;
  Shape after = before;
  before[axis] = -start;
  after[axis] = stop - size;
  const Tensor y = axis == 0
                       ? view(x, x.shape().with(0, stop - start), start * strides(x.shape())[0])
                       : padded(x, before, after, 0);
  return record_padding("slice", y, x, before, after, 0);
}

std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t axis) {
  check(size >= 1, "split: needs a size of at least 1, got {}", size);
  const std::int64_t whole = x.size(axis);
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  do {
    const std::int64_t stop = whole - start > size ? start + size : whole;
    parts.push_back(slice(x, axis, start, stop));
    start = stop;
  } while (start < whole);
  return parts;
}

Tensor pad(const Tensor& x, const std::vector<std::int64_t>& padding, double value) {
  const int pairs = static_cast<int>(padding.size() / 2);
  check_shape(padding.size() % 2 == 0 && pairs <= x.rank(),
              "pad: {} numbers are not a pair for each of the last axes of {}", padding.size(),
              x.shape());
  constexpr std::int64_t limit = std::int64_t{1} << 53;  // beyond any tensor
  Shape before = x.shape();
  for (std::int64_t& amount : before) amount = 0;
  Shape after = before;
  for (int pair = 0; pair < pairs; ++pair) {
    const int axis = x.rank() - 1 - pair;
    const std::int64_t left = padding[static_cast<std::size_t>(2 * pair)];
    const std::int64_t right = padding[static_cast<std::size_t>(2 * pair + 1)];
    check_shape(
        -limit <= left && left <= limit && -limit <= right && right <= limit &&
            x.size(axis) + std::min<std::int64_t>(0, left) + std::min<std::int64_t>(0, right) >= 0,
        "pad: {} and {} do not fit axis {} of {}", left, right, axis, x.shape());
    before[axis] = left;
    after[axis] = right;
  }
  return record_padding("pad", padded(x, before, after, value), x, before, after, value);
}

}  // namespace engram
