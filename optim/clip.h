#pragma once

#include <engram/autograd/tensor.h>

#include <vector>

namespace engram::optim {

struct ClipGradNormOptions {
  double norm_type = 2;  ///< p of the p-norm; infinity means the largest absolute value
  /// A norm that is infinite or NaN is an Error, before any gradient has changed. Otherwise it
  /// makes gradients 0 or NaN, and the next step all weights.
  bool error_if_nonfinite = false;
};

/// Scales the gradients of the parameters so that the norm of all of them together, as if they were
/// one vector, is at most `max_norm`, and returns the norm as it was. Parameters without a gradient
/// are passed over; with none at all the norm is 0.
///
///     optim::clip_grad_norm(net.parameters(), 1.0, {.error_if_nonfinite = true});
///
/// Frozen parameters take no part, here and below, as in a step. Else as PyTorch's
/// clip_grad_norm_: the factor is max_norm / (norm + 1e-6) where that is less than 1.
/// Error unless max_norm is at least 0 and norm_type above 0.
double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm,
                      const ClipGradNormOptions& options = {});

/// Limits every element of the gradients to [-clip_value, clip_value]; NaN stays. Error unless
/// clip_value is at least 0.
void clip_grad_value(const std::vector<Tensor>& parameters, double clip_value);

}  // namespace engram::optim
