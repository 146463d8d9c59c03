#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/shaping.h>

namespace engram {

Tensor operator==(const Tensor& a, const Tensor& b) {
  return compare("==", a, b, [](auto x, auto y) { return x == y; });
}
Tensor operator!=(const Tensor& a, const Tensor& b) {
  return compare("!=", a, b, [](auto x, auto y) { return x != y; });
}
Tensor operator<(const Tensor& a, const Tensor& b) {
  return compare("<", a, b, [](auto x, auto y) { return x < y; });
}
Tensor operator<=(const Tensor& a, const Tensor& b) {
  return compare("<=", a, b, [](auto x, auto y) { return x <= y; });
}
Tensor operator>(const Tensor& a, const Tensor& b) { return b < a; }
Tensor operator>=(const Tensor& a, const Tensor& b) { return b <= a; }
Tensor operator==(const Tensor& a, double b) { return a == number_beside(a, b); }
Tensor operator!=(const Tensor& a, double b) { return a != number_beside(a, b); }
Tensor operator<(const Tensor& a, double b) { return a < number_beside(a, b); }
Tensor operator<=(const Tensor& a, double b) { return a <= number_beside(a, b); }
Tensor operator>(const Tensor& a, double b) { return a > number_beside(a, b); }
Tensor operator>=(const Tensor& a, double b) { return a >= number_beside(a, b); }

namespace {

template <class F>
Tensor logical(const char* op, const Tensor& a, const Tensor& b, F f) {
  check_among(Types<bool>(), op, a.dtype());
  check_among(Types<bool>(), op, b.dtype());
  return traced(op, map_to<bool, bool>(op, a, b, f), {a, b});
}

}  // namespace

// Written with & and |, whose loops have no branches.
Tensor operator&&(const Tensor& a, const Tensor& b) {
  return logical("&&", a, b, [](auto x, auto y) { return x & y; });
}
Tensor operator||(const Tensor& a, const Tensor& b) {
  return logical("||", a, b, [](auto x, auto y) { return x | y; });
}
Tensor operator!(const Tensor& x) {
  check_among(Types<bool>(), "!", x.dtype());
  Tensor y(x.shape(), boolean);
  kernels::map(x.numel(), readable<bool>(x), y.data<bool>().data(), [](auto v) { return v == 0; });
  return traced("!", y, {x});
}

Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b) {
  check_dtype(mask.dtype() == boolean, "where: the mask must be boolean, got {}", mask.dtype());
  check_same_dtype("where", a, b);
  const Shape shape = broadcast("where", broadcast("where", mask.shape(), a.shape()), b.shape());
  Tensor y = dispatch(a.dtype(), [&]<class T>() {
    // Operands are rarely broadcast; where they are, a copy spares a loop for that case.
    const InnerOperations inner;
    const Tensor m = expand(mask, shape), left = expand(a, shape), right = expand(b, shape);
    Tensor chosen(shape, a.dtype());
    kernels::map(chosen.numel(), readable<bool>(m), left.data<T>().data(), right.data<T>().data(),
                 chosen.data<T>().data(),
                 [](std::uint8_t condition, T x, T z) { return condition ? x : z; });
    return chosen;
  });
  return record(
      "where", y, {mask, a, b},
      [mask = Saved(mask), as = a.shape(), bs = b.shape()](const Tensor& dy, Gradients& d) {
        if (d.wants(1)) d[1] = sum_to(where(mask, dy, 0), as);
        if (d.wants(2)) d[2] = sum_to(where(mask, 0, dy), bs);
      });
}

Tensor where(const Tensor& mask, const Tensor& a, double b) {
  return where(mask, a, number_beside(a, b));
}

Tensor where(const Tensor& mask, double a, const Tensor& b) {
  return where(mask, number_beside(b, a), b);
}

Tensor clamp(const Tensor& x, double low, double high) {
  check(low <= high, "clamp: the limits {} and {} are in the wrong order", low, high);
  Tensor y = map("clamp", x, [=]<class T>(T v) {
    if (v < static_cast<T>(low)) return static_cast<T>(low);
    return v > static_cast<T>(high) ? static_cast<T>(high) : v;
  });
  return record(
      "clamp", y, {x},
      [x = Saved(x), low, high](const Tensor& dy, Gradients& d) {
        d[0] = where(x >= low, where(x <= high, dy, 0), 0);
      },
      [=] {
        return Attributes{{"low", low}, {"high", high}};
      });
}

}  // namespace engram
