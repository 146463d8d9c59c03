#include <engram/autograd/create.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/shaping.h>

#include <limits>

#include "edges.h"

namespace engram::test {
namespace {

using Numbers = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

double smallest_normal(DType dtype) {
  return dtype == f32 ? double{std::numeric_limits<float>::min()}
                      : std::numeric_limits<double>::min();
}

double largest(DType dtype) {
  return dtype == f32 ? double{std::numeric_limits<float>::max()}
                      : std::numeric_limits<double>::max();
}

Numbers few(DType dtype) {
  return {nan_value,      infinity,        -infinity, 0., -0., smallest_normal(dtype) / 1024,
          largest(dtype), -largest(dtype), 1.};
}

Numbers edges(DType dtype) {
  Numbers numbers = few(dtype);
  const double tiny = smallest_normal(dtype);
  for (double x : {-tiny / 1024, tiny, -tiny, -2., 0.5}) numbers.push_back(x);
  return numbers;
}

/// The operands of all pairs, repeated for each copy.
Tensors pairs_of(const Numbers& a, const Numbers& b, DType dtype, bool once) {
  Numbers left, right;
  for (int copy = 0; copy < (once ? 1 : edge_copies); ++copy) {
    for (double x : a) {
      left.insert(left.end(), b.size(), x);
      right.insert(right.end(), b.begin(), b.end());
    }
  }
  const Shape shape{std::ssize(left)};
  return {cast(tensor(std::span<const double>(left), shape), dtype),
          cast(tensor(std::span<const double>(right), shape), dtype)};
}

}  // namespace

Tensors edge_inputs(const EdgeCase& each, DType dtype) {
  const auto pairs = [&](const Numbers& a, const Numbers& b) {
    return pairs_of(a, b, dtype, each.reduces);
  };
  switch (each.inputs) {
    case EdgeInputs::line:
      return {pairs({0}, edges(dtype))[1]};
    case EdgeInputs::pairs:
      return pairs(edges(dtype), edges(dtype));
    case EdgeInputs::few_pairs:
      return pairs(few(dtype), few(dtype));
    case EdgeInputs::powers:
      return pairs(edges(dtype), {0, 1, 2, -1, 3});
    case EdgeInputs::shares:
      return pairs(edges(dtype), {0, 1, 0.25});
    default:
      const Tensors columns = pairs(few(dtype), few(dtype));
      return {stack({columns[0], columns[1], ones_like(columns[0])}, 1)};
  }
}

double edge_cotangent(DType dtype, std::size_t number) {
  return Numbers{1, 0, infinity, nan_value, largest(dtype)}[number];
}

Tensor edge_cotangent(const Tensor& y, std::size_t number) {
  const Tensor dy = full_like(y, edge_cotangent(y.dtype(), number));
  if (y.rank() != 2) return dy;
  const Tensor column = slice(dy, 1, 0, 1);
  return cat({column, ones_like(column), full_like(column, -1)}, 1);
}

}  // namespace engram::test
