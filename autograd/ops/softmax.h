#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

// Along one axis, which may count from the end; f32 or f64 (DTypeError). ShapeError when there is
// no such axis. Elements of any size are safe; -inf stands for a probability of 0, and a line of
// nothing but -inf gives NaN.

/// e^x / Σ e^x: probabilities that sum to 1 along the axis.
Tensor softmax(const Tensor& x, std::int64_t axis);
/// x − log Σ e^x: their logarithms, exact where softmax itself would round to 0.
Tensor log_softmax(const Tensor& x, std::int64_t axis);

}  // namespace engram
