#pragma once

#include <engram/nn/module.h>

#include <optional>

namespace engram::nn {

struct BatchNormOptions {
  double eps = 1e-5;
  /// Weight of a batch in the running statistics; nullopt: the mean over all batches.
  std::optional<double> momentum = 0.1;
  bool affine = true;               ///< learn a weight and a bias
  bool track_running_stats = true;  ///< false: evaluation uses the batch's statistics too
  DType dtype = f32;
};

/// Normalises each channel to mean 0 and variance 1, then scales and shifts: see `batch_norm`.
/// Training uses the batch's mean and variance, and updates the running ones; evaluation uses the
/// running ones.
struct BatchNorm : Module {
  const Tensor weight;        ///< (features,), initially 1; or undefined
  const Tensor bias;          ///< (features,), initially 0; or undefined
  const Tensor running_mean;  ///< (features,), initially 0; or undefined
  const Tensor running_var;   ///< (features,), initially 1, of unbiased estimates; or undefined
  const Tensor num_batches_tracked;  ///< i64, of rank 0; or undefined

 protected:
  BatchNorm(const char* type, std::int64_t features, const BatchNormOptions& options);
  Tensor normalize(const Tensor& x) const;

 private:
  BatchNormOptions options_;
};

/// Of x (n, features) or (n, features, length).
struct BatchNorm1d : BatchNorm {
  explicit BatchNorm1d(std::int64_t features, const BatchNormOptions& options = {})
      : BatchNorm("BatchNorm1d", features, options) {}

  Tensor operator()(const Tensor& x) const;
};

/// Of x (n, features, h, w).
struct BatchNorm2d : BatchNorm {
  explicit BatchNorm2d(std::int64_t features, const BatchNormOptions& options = {})
      : BatchNorm("BatchNorm2d", features, options) {}

  Tensor operator()(const Tensor& x) const;
};

}  // namespace engram::nn
