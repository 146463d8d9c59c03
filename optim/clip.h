#pragma once

#include <engram/autograd/tensor.h>

#include <vector>

namespace engram::optim {

struct ClipGradNormOptions {
  double norm_type = 2;  ///< p of the p-norm; infinity means the largest absolute value
  /// If set, an infinite or NaN norm is an Error, before any gradient changes. Otherwise an
  /// infinite norm turns finite gradients into 0 and infinite ones into NaN, and a NaN norm all
  /// gradients into NaN.
  bool error_if_nonfinite = false;
};

/// Scales the gradients of the parameters by one factor, so that their norm, as one vector, is at
/// most `max_norm`. Returns the norm before scaling. Parameters without a gradient are skipped;
/// with none at all the norm is 0.
///
///     optim::clip_grad_norm(net.parameters(), 1.0, {.error_if_nonfinite = true});
///
/// Frozen parameters are skipped, here and in clip_grad_value, as in an optimizer's step. Otherwise
/// as PyTorch's clip_grad_norm_: the factor is max_norm / (norm + 1e-6) where that is less than 1.
/// Error unless max_norm is at least 0 and norm_type above 0.
double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm,
                      const ClipGradNormOptions& options = {});

/// Clamps every element of the gradients to [-clip_value, clip_value]; NaN stays. Error unless
/// clip_value is at least 0.
void clip_grad_value(const std::vector<Tensor>& parameters, double clip_value);

}  // namespace engram::optim
