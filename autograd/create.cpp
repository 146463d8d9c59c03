#include <engram/autograd/create.h>

#include <algorithm>
#include <cmath>

namespace engram {

namespace {

/// A tensor for this number of values, uninitialised.
Tensor holding(std::size_t values, const Shape& shape, DType dtype) {
  Tensor x(shape, dtype);
  check_shape(x.numel() == static_cast<std::int64_t>(values),
              "tensor: {} values do not fill the shape {}", values, shape);
  return x;
}

}  // namespace

Tensor full(const Shape& shape, double value, DType dtype) {
  Tensor x(shape, dtype);
  dispatch(dtype, [&]<class T>() { std::ranges::fill(x.data<T>(), convert<T>(value)); });
  return x;
}

Tensor zeros(const Shape& shape, DType dtype) { return full(shape, 0, dtype); }
Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }
Tensor full_like(const Tensor& x, double value) { return full(x.shape(), value, x.dtype()); }
Tensor zeros_like(const Tensor& x) { return full_like(x, 0); }
Tensor ones_like(const Tensor& x) { return full_like(x, 1); }
Tensor scalar(double value, DType dtype) { return full({}, value, dtype); }

Tensor tensor(std::initializer_list<double> values, DType dtype) {
  return tensor(values, {static_cast<std::int64_t>(values.size())}, dtype);
}

Tensor tensor(std::initializer_list<double> values, const Shape& shape, DType dtype) {
  Tensor x = holding(values.size(), shape, dtype);
  dispatch(dtype, [&]<class T>() {
    std::ranges::transform(values, x.data<T>().begin(), [](double v) { return convert<T>(v); });
  });
  return x;
}

template <class T>
Tensor tensor(std::span<const T> values, const Shape& shape) {
  Tensor x = holding(values.size(), shape, dtype_of<T>());
  std::ranges::copy(values, x.data<T>().begin());
  return x;
}

template Tensor tensor(std::span<const float>, const Shape&);
template Tensor tensor(std::span<const double>, const Shape&);
template Tensor tensor(std::span<const std::int64_t>, const Shape&);
template Tensor tensor(std::span<const std::uint8_t>, const Shape&);
template Tensor tensor(std::span<const bool>, const Shape&);

Tensor tensor(const std::vector<bool>& values, const Shape& shape) {
  Tensor x = holding(values.size(), shape, boolean);
  std::ranges::copy(values, x.data<bool>().begin());
  return x;
}

Tensor tensor(const std::vector<bool>& values) {
  return tensor(values, {static_cast<std::int64_t>(values.size())});
}

Tensor arange(std::int64_t n) {
  Tensor x({n}, i64);
  std::int64_t value = 0;
  for (std::int64_t& each : x.data<std::int64_t>()) each = value++;
  return x;
}

Tensor arange(double start, double stop, double step, DType dtype) {
  check(step != 0, "arange: the step is 0");
  const double count = std::max(std::ceil((stop - start) / step), 0.0);
  check(count < 1e15, "arange: from {} to {} by {} are too many", start, stop, step);
  Tensor x({static_cast<std::int64_t>(count)}, dtype);
  dispatch(NumberTypes(), "arange", dtype, [&]<class T>() {
    double index = 0;
    for (T& each : x.data<T>()) each = convert<T>(start + step * index++);
  });
  return x;
}

Tensor eye(std::int64_t n, DType dtype) {
  Tensor x = zeros({n, n}, dtype);
  dispatch(dtype, [&]<class T>() {
    for (std::int64_t i = 0; i < n; ++i) x.data<T>()[static_cast<std::size_t>(i * n + i)] = T{1};
  });
  return x;
}

}  // namespace engram
