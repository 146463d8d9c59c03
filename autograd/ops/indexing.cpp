#include <engram/autograd/create.h>
#include <engram/autograd/kernels/indexing.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/indexing.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/shaping.h>

namespace engram {
namespace {

void check_indices(const char* op, const Tensor& index, std::int64_t axis, std::int64_t size) {
  check_dtype(index.dtype() == i64, "{}: the index must be i64, got {}", op, index.dtype());
  for (std::int64_t each : index.data<std::int64_t>()) {
    check(0 <= each && each < size, "{}: index {} is out of range for axis {} of size {}", op, each,
          axis, size);
  }
}

/// The loops of `gather` and `scatter_add`: over x, and over index and the tensor in its shape.
kernels::StridedLoops index_loops(const char* op, const Tensor& x, std::int64_t axis,
                                  const Tensor& index) {
  bool fits = index.rank() == x.rank();
  for (int i = 0; fits && i < x.rank(); ++i) {
    fits = i == axis || index.shape()[i] <= x.shape()[i];
  }
  check_shape(fits, "{}: index {} does not fit {} along axis {}", op, index.shape(), x.shape(),
              axis);
  check_indices(op, index, axis, x.size(axis));
  return kernels::strided_loops(index.shape(), strides(x.shape()).with(axis, 0),
                                strides(index.shape()));
}

/// A copy, not recorded.
Tensor copied(const Tensor& x) {
  const InnerOperations inner;
  return clone(x);
}

}  // namespace

Tensor gather(const Tensor& x, std::int64_t axis, const Tensor& index) {
  axis = x.shape().axis(axis);
  const kernels::StridedLoops loops = index_loops("gather", x, axis, index);
  Tensor y(index.shape(), x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    kernels::gather(loops, strides(x.shape())[axis], x.data<T>().data(),
                    index.data<std::int64_t>().data(), y.data<T>().data());
  });
  return record(
      "gather", y, {x, index},
      [from = x.shape(), axis, index = Saved(index)](const Tensor& dy, Gradients& d) {
        d[0] = scatter_add(zeros(from, dy.dtype()), axis, index, dy);
      },
      [&] {
        return Attributes{{"axis", axis}};
      });
}

Tensor scatter_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source) {
  axis = x.shape().axis(axis);
  check_same_dtype("scatter_add", x, source);
  check_shape(source.shape() == index.shape(), "scatter_add: source is {}, index {}",
              source.shape(), index.shape());
  const kernels::StridedLoops loops = index_loops("scatter_add", x, axis, index);
  const Tensor y = copied(x);
  dispatch(NumberTypes(), "scatter_add", x.dtype(), [&]<class T>() {
    kernels::scatter_add(loops, strides(x.shape())[axis], source.data<T>().data(),
                         index.data<std::int64_t>().data(), y.data<T>().data());
  });
  return record(
      "scatter_add", y, {x, index, source},
      [axis, index = Saved(index)](const Tensor& dy, Gradients& d) {
        if (d.wants(0)) d[0] = dy;
        if (d.wants(2)) d[2] = gather(dy, axis, index);
      },
      [&] {
        return Attributes{{"axis", axis}};
      });
}

Tensor index_select(const Tensor& x, std::int64_t axis, const Tensor& index) {
  axis = x.shape().axis(axis);
  check_shape(index.rank() == 1, "index_select: the index must have one axis, got {}",
              index.shape());
  check_indices("index_select", index, axis, x.size(axis));
  Tensor y(x.shape().with(axis, index.numel()), x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    kernels::index_select(view_along(x.shape(), axis), x.data<T>().data(), index.numel(),
                          index.data<std::int64_t>().data(), y.data<T>().data());
  });
  return record(
      "index_select", y, {x, index},
      [from = x.shape(), axis, index = Saved(index)](const Tensor& dy, Gradients& d) {
        d[0] = index_add(zeros(from, dy.dtype()), axis, index, dy);
      },
      [&] {
        return Attributes{{"axis", axis}};
      });
}

Tensor index_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source) {
  axis = x.shape().axis(axis);
  check_same_dtype("index_add", x, source);
  check_shape(index.rank() == 1, "index_add: the index must have one axis, got {}", index.shape());
  check_shape(source.shape() == x.shape().with(axis, index.numel()),
              "index_add: source is {}, x {} and index {} expect {}", source.shape(), x.shape(),
              index.shape(), x.shape().with(axis, index.numel()));
  check_indices("index_add", index, axis, x.size(axis));
  const Tensor y = copied(x);
  dispatch(NumberTypes(), "index_add", x.dtype(), [&]<class T>() {
    kernels::index_add(view_along(x.shape(), axis), source.data<T>().data(), index.numel(),
                       index.data<std::int64_t>().data(), y.data<T>().data());
  });
  return record(
      "index_add", y, {x, index, source},
      [axis, index = Saved(index)](const Tensor& dy, Gradients& d) {
        if (d.wants(0)) d[0] = dy;
        if (d.wants(2)) d[2] = index_select(dy, axis, index);
      },
      [&] {
        return Attributes{{"axis", axis}};
      });
}

Tensor embedding(const Tensor& index, const Tensor& weight) {
  check_shape(weight.rank() == 2, "embedding: weight must be (rows, width), got {}",
              weight.shape());
  check_indices("embedding", index, 0, weight.size(0));
  Shape shape = index.shape();
  shape.push_back(weight.size(1));
  Tensor y(shape, weight.dtype());
  dispatch(y.dtype(), [&]<class T>() {
    kernels::index_select(view_along(weight.shape(), 0), weight.data<T>().data(), index.numel(),
                          index.data<std::int64_t>().data(), y.data<T>().data());
  });
  return record("embedding", y, {index, weight},
                [index = Saved(index), from = weight.shape()](const Tensor& dy, Gradients& d) {
                  const std::int64_t n = index.shape().numel();
                  d[1] = index_add(zeros(from, dy.dtype()), 0, reshape(index, {n}),
                                   reshape(dy, {n, from[1]}));
                });
}

Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype) {
  check_dtype(labels.dtype() == i64, "one_hot: labels must be i64, got {}", labels.dtype());
  check(classes >= 1, "one_hot: needs at least 1 class, got {}", classes);
  Shape shape = labels.shape();
  shape.push_back(classes);
  const Tensor y = zeros(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    T* row = y.data<T>().data();
    for (std::int64_t label : labels.data<std::int64_t>()) {
      check(0 <= label && label < classes, "one_hot: label {} is not one of {} classes", label,
            classes);
      row[label] = 1;
      row += classes;
    }
  });
  return traced("one_hot", y, {labels}, [=] { return Attributes{{"classes", classes}}; });
}

}  // namespace engram
