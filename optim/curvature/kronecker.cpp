#include <engram/autograd/create.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/optim/curvature/kronecker.h>

namespace engram::optim {
namespace {

Tensor gram(const Tensor& rows) { return matmul(rows, rows, {.transpose_a = true}); }

}  // namespace

Tensor input_moment(const LayerUse& layer) {
  const NoGrad no_grad;
  const Tensor rows = cast(layer.input_rows(), f64);
  return gram(layer.bias.defined() ? cat({rows, ones({rows.size(0), 1}, f64)}, 1) : rows);
}

Tensor gradient_moment(const LayerUse& layer, const Tensor& output_gradient) {
  const NoGrad no_grad;
  return gram(cast(layer.gradient_rows(output_gradient), f64));
}

}  // namespace engram::optim
