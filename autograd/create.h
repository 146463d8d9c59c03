#pragma once

#include <engram/autograd/tensor.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace engram {

// New tensors. ShapeError for a negative size, or when values and shape do not fit together.

Tensor full(const Shape& shape, double value, DType dtype = f32);
Tensor zeros(const Shape& shape, DType dtype = f32);
Tensor ones(const Shape& shape, DType dtype = f32);
/// In the shape and dtype of x.
Tensor full_like(const Tensor& x, double value);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);

/// A tensor of rank 0.
Tensor scalar(double value, DType dtype = f32);

/// From values in row-major order, copied. A shape left out means one axis.
Tensor tensor(std::initializer_list<double> values, DType dtype = f32);
Tensor tensor(std::initializer_list<double> values, const Shape& shape, DType dtype = f32);
template <class T>
Tensor tensor(std::span<const T> values, const Shape& shape);
template <class T>
Tensor tensor(const std::vector<T>& values, const Shape& shape) {
  return tensor(std::span<const T>(values), shape);
}
template <class T>
Tensor tensor(const std::vector<T>& values) {
  return tensor(std::span<const T>(values), {static_cast<std::int64_t>(values.size())});
}
/// From std::vector<bool>, whose bits have no span.
Tensor tensor(const std::vector<bool>& values, const Shape& shape);
Tensor tensor(const std::vector<bool>& values);

/// 0, 1, ..., n - 1 as i64, or start, start + step, ... below (for a negative step above) stop.
/// DTypeError for boolean.
Tensor arange(std::int64_t n);
Tensor arange(double start, double stop, double step = 1, DType dtype = f32);

/// The identity matrix (n, n).
Tensor eye(std::int64_t n, DType dtype = f32);

}  // namespace engram
