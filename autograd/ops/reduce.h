#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

struct ReduceOptions {
  bool keepdim = false;  ///< leave the reduced axes with size 1
};

// Reductions over some axes: a negative axis counts from the end, an empty list means all axes;
// ShapeError for an axis out of range or named twice. The result is of x's shape without the axes.

/// Of any dtype; integers and booleans are summed as i64, as in PyTorch, so that a mask can be
/// counted. 0 for no elements.
Tensor sum(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});
/// Of integers and booleans in f32 (PyTorch refuses them): i64 is accumulated in f64, u8 and
/// boolean exactly in i64. NaN for no elements.
Tensor mean(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});

/// Whether any, or every, element is true, as boolean; of no elements false, or true. No gradient.
/// DTypeError unless boolean.
Tensor any(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});
Tensor all(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});

/// The largest, or smallest, element; NaN if one is NaN. The gradient is shared equally by the
/// elements equal to the result, or by the NaN ones, and 0 for the others (PyTorch: 0·dy, and NaN
/// for all beside a NaN). ShapeError for no elements; DTypeError for boolean.
Tensor max(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});
Tensor min(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});

struct VarOptions {
  int correction = 1;  ///< the divisor is n - correction: 1 for a sample, 0 for a population
  bool keepdim = false;
};
/// Variance; f32 or f64. NaN or infinite where n <= correction. A mean much larger than the
/// deviations costs no accuracy. With an infinite element every gradient is NaN (PyTorch: only that
/// element's).
Tensor var(const Tensor& x, const Axes& axes = {}, const VarOptions& options = {});

/// log Σ e^x without overflow; f32 or f64. -inf for no elements. The gradient is dy·softmax(x),
/// accurate for large x too (PyTorch: e^(x - y), with the rounding error of y).
Tensor logsumexp(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});

/// The index, as i64, of the first largest element along an axis; NaN counts as largest. No
/// gradient. ShapeError for no elements; DTypeError for boolean.
Tensor argmax(const Tensor& x, std::int64_t axis, const ReduceOptions& options = {});

}  // namespace engram
