#pragma once

#include <engram/autograd/tensor.h>

#include <cstdint>
#include <vector>

namespace engram {

// Rearrangements of elements, of any dtype. A negative axis counts from the end; ShapeError for an
// axis out of range. Operations copy unless documented as sharing memory.

/// The same elements in another shape, sharing memory. One size may be -1: it is inferred.
/// ShapeError when the numbers of elements differ.
Tensor reshape(const Tensor& x, const Shape& shape);

/// The axes `start` to `end`, inclusive, merged into one, sharing memory. A scalar becomes (1,).
Tensor flatten(const Tensor& x, std::int64_t start = 0, std::int64_t end = -1);

/// Without the axes of size 1, or without `axis` if its size is 1; shares memory.
Tensor squeeze(const Tensor& x);
Tensor squeeze(const Tensor& x, std::int64_t axis);

/// With a new axis of size 1 that becomes `axis` of the result; shares memory.
Tensor unsqueeze(const Tensor& x, std::int64_t axis);

/// Broadcasts x to `shape` by NumPy's rule; copies. ShapeError when x does not broadcast to it.
Tensor expand(const Tensor& x, const Shape& shape);

/// Axis i of the result is axis order[i] of x. ShapeError unless `order` names every axis once.
Tensor permute(const Tensor& x, const Axes& order);

/// Two axes exchanged.
Tensor transpose(const Tensor& x, std::int64_t axis0, std::int64_t axis1);

/// Concatenated along an axis. The tensors agree in dtype, and in shape except along the axis.
/// Error for an empty list.
Tensor cat(const std::vector<Tensor>& tensors, std::int64_t axis = 0);

/// Concatenated along a new axis, `axis` of the result. The tensors agree in dtype and shape. Error
/// for an empty list.
Tensor stack(const std::vector<Tensor>& tensors, std::int64_t axis = 0);

/// Elements start, ..., stop - 1 along an axis, by Python's rule: a negative bound counts from the
/// end, and both are clamped to the axis. Shares memory along axis 0.
Tensor slice(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t stop);

/// Slices of `size` along an axis, the last one possibly smaller; one empty slice of an empty axis.
/// Shares memory along axis 0. Error when size < 1.
std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t axis = 0);

/// x padded with `value`. `padding` has a pair for each axis from the last one on, as in PyTorch:
/// {left, right, top, bottom, ...}; a negative number crops. ShapeError unless there are pairs for
/// at most x.rank() axes, and no resulting size is negative.
Tensor pad(const Tensor& x, const std::vector<std::int64_t>& padding, double value = 0);

}  // namespace engram
