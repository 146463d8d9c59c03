#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/map.h>

namespace engram {

Tensor clone(const Tensor& x) {
  Tensor y(x.shape(), x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    kernels::map(x.numel(), x.data<T>().data(), y.data<T>().data(), [](T v) { return v; });
  });
  return record("clone", y, {x}, [](const Tensor& dy, Gradients& d) { d[0] = dy; });
}

Tensor detach(const Tensor& x) { return traced("detach", view(x, x.shape()), {x}); }

Tensor cast(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y(x.shape(), dtype);
  dispatch(x.dtype(), [&]<class From>() {
    dispatch(dtype, [&]<class To>() {
      kernels::map(x.numel(), readable<From>(x), y.data<To>().data(),
                   [](auto v) { return convert<To>(v); });
    });
  });
  const auto attributes = [&] { return Attributes{{"dtype", std::string(name_of(dtype))}}; };
  if (!is_floating(dtype)) return traced("cast", y, {x}, attributes);
  return record(
      "cast", y, {x}, [from = x.dtype()](const Tensor& dy, Gradients& d) { d[0] = cast(dy, from); },
      attributes);
}

bool share_elements(const Tensor& a, const Tensor& b) {
  const auto x = a.bytes(), y = b.bytes();
  const std::less<> before;  // < is unspecified for pointers into two blocks
  return !x.empty() && !y.empty() && before(x.data(), y.data() + y.size()) &&
         before(y.data(), x.data() + x.size());
}

}  // namespace engram
