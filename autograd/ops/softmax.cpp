#include <engram/autograd/kernels/softmax.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/softmax.h>
#include <engram/autograd/record.h>

namespace engram {

Tensor softmax(const Tensor& x, std::int64_t axis) {
  const AxisView view = view_along(x.shape(), axis);
  Tensor y(x.shape(), x.dtype());
  dispatch_floating("softmax", x.dtype(), [&]<class T>() {
    kernels::softmax(view, x.data<T>().data(), y.data<T>().data());
  });
  return record(
      "softmax", y, {x},
      [y = Saved(y), axis, view](const Tensor& dy, Gradients& d) {
        if (Tape::current()) {
          d[0] = y * (dy - sum(dy * y, {axis}, {.keepdim = true}));
          return;
        }
        d[0] = Tensor(y.shape(), y.dtype());
        dispatch_floating("softmax", y.dtype(), [&]<class T>() {
          kernels::softmax_backward(view, y.data<T>().data(), dy.data<T>().data(),
                                    d[0].data<T>().data());
        });
      },
      [&] {
        return Attributes{{"axis", std::int64_t{x.shape().axis(axis)}}};
      });
}

Tensor log_softmax(const Tensor& x, std::int64_t axis) {
  const AxisView view = view_along(x.shape(), axis);
  Tensor y(x.shape(), x.dtype());
  dispatch_floating("log_softmax", x.dtype(), [&]<class T>() {
    kernels::log_softmax(view, x.data<T>().data(), y.data<T>().data());
  });
  return record(
      "log_softmax", y, {x},
      [y = Saved(y), axis, view](const Tensor& dy, Gradients& d) {
        if (Tape::current()) {
          d[0] = dy - exp(y) * sum(dy, {axis}, {.keepdim = true});
          return;
        }
        d[0] = Tensor(y.shape(), y.dtype());
        dispatch_floating("log_softmax", y.dtype(), [&]<class T>() {
          kernels::log_softmax_backward(view, y.data<T>().data(), dy.data<T>().data(),
                                        d[0].data<T>().data());
        });
      },
      [&] {
        return Attributes{{"axis", std::int64_t{x.shape().axis(axis)}}};
      });
}

}  // namespace engram
