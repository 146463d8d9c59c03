#pragma once

#include <engram/autograd/ops/loss.h>

namespace engram {

/// "mean", "sum" or "none".
const char* name_of(Reduction reduction);

/// The last step of every loss: the losses themselves, their sum, or the sum over `divisor`.
Tensor reduce_losses(const Tensor& losses, Reduction reduction, double divisor);

}  // namespace engram
