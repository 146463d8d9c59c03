#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

// Along one axis, which may be negative; f32 or f64 (DTypeError). ShapeError for an axis out of
// range. No element overflows; -inf has the probability 0, and a line of -inf only gives NaN.

/// e^x / Σ e^x: probabilities that sum to 1 along the axis.
Tensor softmax(const Tensor& x, std::int64_t axis);
/// x − log Σ e^x = log softmax(x), exact where softmax itself would round to 0.
Tensor log_softmax(const Tensor& x, std::int64_t axis);

}  // namespace engram
