#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

/// The same elements in another shape, sharing memory. One size may be -1: it is inferred.
/// ShapeError when the numbers of elements differ.
Tensor reshape(const Tensor& x, const Shape& shape);

/// Stretches axes of size 1, and adds leading ones, to `shape` by NumPy's rule; copies.
/// ShapeError when x does not stretch to it.
Tensor expand(const Tensor& x, const Shape& shape);

}  // namespace engram
