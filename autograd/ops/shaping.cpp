#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/tape.h>

namespace engram {

Tensor reshape(const Tensor& x, const Shape& shape) {
  Shape to = shape;
  std::int64_t known = 1;
  int inferred = -1;
  for (int axis = 0; axis < to.rank(); ++axis) {
    if (to[axis] == -1) {
      check_shape(inferred < 0, "reshape: only one size of {} can be -1", shape);
      inferred = axis;
    } else {
      check_shape(to[axis] >= 0, "reshape: a size of {} is negative", shape);
      known *= to[axis];
    }
  }
  if (inferred >= 0 && known > 0) to[inferred] = x.numel() / known;
  check_shape(to.numel() == x.numel() && (inferred < 0 || known > 0),
              "reshape: {} does not fit {}", x.shape(), shape);
  if (to == x.shape()) return x;
  return record("reshape", view(x, to), {x}, [from = x.shape()](const Tensor& dy, Gradients& d) {
    d[0] = reshape(dy, from);
  });
}

Tensor expand(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  check_shape(broadcast("expand", x.shape(), shape) == shape, "expand: {} does not stretch to {}",
              x.shape(), shape);
  Tensor y = dispatch(x.dtype(), [&]<class T>() {
    Tensor stretched(shape, x.dtype());
    kernels::map(kernels::broadcast_loops(x.shape(), shape, shape), x.data<T>().data(),
                 stretched.data<T>().data(), stretched.data<T>().data(), [](T v, T) { return v; });
    return stretched;
  });
  return record("expand", y, {x}, [from = x.shape()](const Tensor& dy, Gradients& d) {
    d[0] = sum_to(dy, from);
  });
}

}  // namespace engram
