#include <engram/autograd/error.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/nn/init.h>
#include <engram/nn/layers/bilinear.h>

namespace engram::nn {

Bilinear::Bilinear(std::int64_t in1, std::int64_t in2, std::int64_t out,
                   const BilinearOptions& options)
    : Module("Bilinear"),
      weight(add_parameter("weight",
                           init::fan_in_uniform(Tensor({out, in1, in2}, options.dtype), in1))),
      bias(options.bias
               ? add_parameter("bias", init::fan_in_uniform(Tensor({out}, options.dtype), in1))
               : Tensor()) {}

Tensor Bilinear::operator()(const Tensor& a, const Tensor& b) const {
  const std::int64_t out = weight.size(0), in1 = weight.size(1), in2 = weight.size(2);
  check_shape(a.rank() >= 1 && b.rank() >= 1 && a.size(-1) == in1 && b.size(-1) == in2,
              "Bilinear: inputs are {} and {}, weight {} expects (…, {}) and (…, {})", a.shape(),
              b.shape(), weight.shape(), in1, in2);
  const int last = a.rank() - 1;
  check_shape(b.shape() == a.shape().with(last, in2),
              "Bilinear: leading axes differ: inputs are {} and {}", a.shape(), b.shape());
  check_same_dtype("Bilinear", a, b);
  check_same_dtype("Bilinear", a, weight);
  // Dense in the products a[i]·b[j].
  const std::int64_t rows = a.shape().without(last).numel();
  const Tensor products = reshape(a, {rows, in1, 1}) * reshape(b, {rows, 1, in2});
  const Tensor y =
      linear(reshape(products, {rows, in1 * in2}), reshape(weight, {out, in1 * in2}), bias);
  return reshape(y, a.shape().with(last, out));
}

}  // namespace engram::nn
