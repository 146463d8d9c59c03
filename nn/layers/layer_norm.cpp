#include <engram/autograd/create.h>
#include <engram/autograd/ops/normalization.h>
#include <engram/nn/layers/layer_norm.h>

namespace engram::nn {

LayerNorm::LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options)
    : Module("LayerNorm"),
      weight(options.elementwise_affine
                 ? add_parameter("weight", ones(normalized_shape, options.dtype))
                 : Tensor()),
      bias(options.elementwise_affine
               ? add_parameter("bias", zeros(normalized_shape, options.dtype))
               : Tensor()),
      normalized_shape_(normalized_shape),
      eps_(options.eps) {}

Tensor LayerNorm::operator()(const Tensor& x) const {
  return layer_norm(x, normalized_shape_, weight, bias, eps_);
}

}  // namespace engram::nn
