#include <engram/autograd/ops/linalg.h>
#include <engram/nn/init.h>
#include <engram/nn/layers/linear.h>

namespace engram::nn {

Linear::Linear(std::int64_t in, std::int64_t out, const LinearOptions& options)
    : Module("Linear"),
      weight(add_parameter("weight", init::fan_in_uniform(Tensor({out, in}, options.dtype), in))),
      bias(options.bias
               ? add_parameter("bias", init::fan_in_uniform(Tensor({out}, options.dtype), in))
               : Tensor()) {}

Tensor Linear::operator()(const Tensor& x) const { return linear(x, weight, bias); }

}  // namespace engram::nn
