#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/normalization.h>
#include <engram/nn/checkpoint.h>
#include <engram/nn/layers/batch_norm.h>

namespace engram::nn {

BatchNorm::BatchNorm(const char* type, std::int64_t features, const BatchNormOptions& options)
    : Module(type),
      weight(options.affine ? add_parameter("weight", ones({features}, options.dtype)) : Tensor()),
      bias(options.affine ? add_parameter("bias", zeros({features}, options.dtype)) : Tensor()),
      running_mean(options.track_running_stats
                       ? add_buffer("running_mean", zeros({features}, options.dtype))
                       : Tensor()),
      running_var(options.track_running_stats
                      ? add_buffer("running_var", ones({features}, options.dtype))
                      : Tensor()),
      num_batches_tracked(options.track_running_stats
                              ? add_buffer("num_batches_tracked", zeros({}, i64))
                              : Tensor()),
      options_(options) {}

Tensor BatchNorm::normalize(const Tensor& x) const {
  if (!running_mean.defined() || !is_training()) {
    return batch_norm(x, weight, bias, running_mean, running_var,
                      {.training = !running_mean.defined(), .eps = options_.eps});
  }
  if (is_recomputing()) {  // the running statistics have seen this batch
    return batch_norm(x, weight, bias, {}, {}, {.training = true, .eps = options_.eps});
  }
  std::int64_t& batches = num_batches_tracked.data<std::int64_t>()[0];
  const double share = 1 / static_cast<double>(batches + 1);  // of the mean over all batches
  const Tensor y = batch_norm(
      x, weight, bias, running_mean, running_var,
      {.training = true, .momentum = options_.momentum.value_or(share), .eps = options_.eps});
  ++batches;
  return y;
}

Tensor BatchNorm1d::operator()(const Tensor& x) const {
  check_shape(x.rank() == 2 || x.rank() == 3,
              "BatchNorm1d: the input must be (n, features) or (n, features, length), got {}",
              x.shape());
  return normalize(x);
}

Tensor BatchNorm2d::operator()(const Tensor& x) const {
  check_shape(x.rank() == 4, "BatchNorm2d: the input must be (n, features, h, w), got {}",
              x.shape());
  return normalize(x);
}

}  // namespace engram::nn
