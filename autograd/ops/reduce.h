#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

struct ReduceOptions {
  bool keepdim = false;  ///< leave the reduced axes with size 1
};

// Reductions over some axes: a negative one counts from the end, none at all means every axis;
// ShapeError for one out of range or named twice. The result has the shape of x without the axes.

/// Of any dtype; u8 and boolean add up as i64, as in PyTorch, so that a mask can be counted. 0 for
/// no elements.
Tensor sum(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});
/// Of integers and booleans f32 (PyTorch refuses them), added up exactly: i64 in f64, the others in
/// i64. NaN for no elements.
Tensor mean(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});

/// Whether any, or every, element is true, as boolean; of no elements false, or true. No gradient.
/// DTypeError unless boolean.
Tensor any(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});
Tensor all(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});

/// The largest, or smallest, element; NaN if one is NaN. Equal ones share the gradient equally, or
/// those that are NaN, and to the others it is 0 (PyTorch: 0 times the cotangent, and NaN for all
/// beside a NaN). ShapeError for no elements; DTypeError for boolean.
Tensor max(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});
Tensor min(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});

struct VarOptions {
  int correction = 1;  ///< the divisor is n - correction: 1 for a sample, 0 for a population
  bool keepdim = false;
};
/// Variance; f32 or f64. NaN or infinite where n <= correction. A mean far beyond the deviations
/// costs no accuracy. Beside an infinite element every gradient is NaN (PyTorch: only its own).
Tensor var(const Tensor& x, const Axes& axes = {}, const VarOptions& options = {});

/// log Σ e^x without overflow; f32 or f64. -inf for no elements. The gradient is softmax's, however
/// large x is (PyTorch: e^(x - y), whose rounding is that of y).
Tensor logsumexp(const Tensor& x, const Axes& axes = {}, const ReduceOptions& options = {});

/// The index, as i64, of the first largest element along an axis; NaN counts as largest. No
/// gradient. ShapeError for no elements; DTypeError for boolean.
Tensor argmax(const Tensor& x, std::int64_t axis, const ReduceOptions& options = {});

}  // namespace engram
