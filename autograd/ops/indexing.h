#pragma once

#include <engram/autograd/tensor.h>

#include <cstdint>

namespace engram {

// Elements chosen by i64 indices, from 0 on: DTypeError for another dtype, Error for an index out
// of range. Indices may repeat. A negative axis counts from the end.

/// y[..., i, ...] = x[..., index[..., i, ...], ...] along `axis`; the result has index's shape.
/// ShapeError unless index has x's rank, and except along the axis no size above x's.
Tensor gather(const Tensor& x, std::int64_t axis, const Tensor& index);

/// x with y[..., index[..., i, ...], ...] += source[..., i, ...] along `axis`. source has index's
/// shape and x's dtype; index fits x as in `gather`. ShapeError, DTypeError.
Tensor scatter_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source);

/// The slices index (n,) of x along `axis`, concatenated: size n along the axis.
Tensor index_select(const Tensor& x, std::int64_t axis, const Tensor& index);

/// x with slice number k of source added to slice index[k] along `axis`. index is (n,); source has
/// x's dtype, and x's shape with n along the axis. ShapeError, DTypeError.
Tensor index_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source);

/// Row index[...] of weight (rows, width) for each index; the result is (...index's shape, width).
Tensor embedding(const Tensor& index, const Tensor& weight);

/// 1 at each label and 0 elsewhere along a new last axis: (...) -> (..., classes). Labels are i64.
/// Error unless 0 <= label < classes. i64 as in PyTorch by default; f32 spares a cast. No gradient.
Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype = i64);

}  // namespace engram
