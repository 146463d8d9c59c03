#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>

#include <cmath>
#include <limits>

namespace engram {
namespace {

/// An i64 as unsigned, whose overflow is defined; other types unchanged.
template <class T>
auto wrapping(T x) {
  if constexpr (std::is_same_v<T, std::int64_t>)
    return static_cast<std::uint64_t>(x);
  else
    return x;
}

constexpr auto plus = [](auto x, auto y) { return wrapping(x) + wrapping(y); };

Tensor record_add(const Tensor& y, const Tensor& a, const Tensor& b) {
  return record("add", y, {a, b}, [as = a.shape(), bs = b.shape()](const Tensor& dy, Gradients& d) {
    if (d.wants(0)) d[0] = sum_to(dy, as);
    if (d.wants(1)) d[1] = sum_to(dy, bs);
  });
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) { return record_add(map("add", a, b, plus), a, b); }

Tensor add(Tensor&& a, const Tensor& b) {
  const bool is_parameter = a.is_leaf() && a.requires_grad();
  if (is_parameter || !a.unshared() || a.shape() != b.shape()) return add(std::as_const(a), b);
  check_same_dtype("add", a, b);
  if (const Tape* tape = Tape::current()) {  // its errors come before the elements are overwritten
    tape->watches("add", a);
    tape->watches("add", b);
  }
  dispatch(NumberTypes(), "add", a.dtype(), [&]<class T>() {
    kernels::map(a.numel(), readable<T>(a), readable<T>(b), a.data<T>().data(), plus);
  });
  const Tensor y = record_add(view(a, a.shape()), a, b);
  a = Tensor();  // so that y is unshared, and the next operation may overwrite it
  return y;
}

Tensor sub(const Tensor& a, const Tensor& b) {
  return record("sub", map("sub", a, b, [](auto x, auto y) { return wrapping(x) - wrapping(y); }),
                {a, b}, [as = a.shape(), bs = b.shape()](const Tensor& dy, Gradients& d) {
                  if (d.wants(0)) d[0] = sum_to(dy, as);
                  if (d.wants(1)) d[1] = sum_to(-dy, bs);
                });
}

Tensor mul(const Tensor& a, const Tensor& b) {
  return record("mul", map("mul", a, b, [](auto x, auto y) { return wrapping(x) * wrapping(y); }),
                {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& dy, Gradients& d) {
                  if (d.wants(0)) d[0] = sum_to(dy * b, a.shape());
                  if (d.wants(1)) d[1] = sum_to(dy * a, b.shape());
                });
}

Tensor div(const Tensor& a, const Tensor& b) {
  if (!is_floating(a.dtype())) {
    check_same_dtype("div", a, b);
    const Tensor y = dispatch(NumberTypes(), "div", a.dtype(), [&]<class T>() {
      return map_to<T, float>(
          "div", a, b, [](T x, T z) { return static_cast<float>(x) / static_cast<float>(z); });
    });
    return traced("div", y, {a, b});
  }
  Tensor y = map("div", a, b, [](auto x, auto z) { return x / z; });
  return record("div", y, {a, b},
                [a = Saved(a), b = Saved(b), y = Saved(y)](const Tensor& dy, Gradients& d) {
                  if (d.wants(0)) d[0] = sum_to(dy / b, a.shape());
                  if (d.wants(1)) d[1] = sum_to(-dy * y / b, b.shape());  // b² could underflow
                });
}

namespace {

void check_divisors(const char* op, const Tensor& b) {
  if (is_floating(b.dtype())) return;
  dispatch(b.dtype(), [&]<class T>() {
    for (T divisor : b.data<T>()) check(divisor != 0, "{}: division of integers by 0", op);
  });
}

/// x - ⌊x/z⌋·z, with the sign of z. By fmod, which is exact, as in PyTorch and Python.
template <class T>
T remainder_of(T x, T z) {
  if constexpr (std::is_floating_point_v<T>) {
    const T r = std::fmod(x, z);
    return r != 0 && (r < 0) != (z < 0) ? r + z : r;
  } else {
    if (z == static_cast<T>(-1)) return 0;  // the lowest number over -1 does not fit its type
    const T r = static_cast<T>(x % z);
    return r != 0 && (r < 0) != (z < 0) ? static_cast<T>(r + z) : r;
  }
}

/// As Python's float division: the quotient is rounded where x - remainder is not exact.
template <class T>
T floor_quotient(T x, T z) {
  if constexpr (std::is_floating_point_v<T>) {
    if (z == 0) return x / z;
    const T r = std::fmod(x, z);
    const T quotient = (x - r) / z - (r != 0 && (r < 0) != (z < 0) ? 1 : 0);
    if (quotient == 0) return std::copysign(T{0}, x / z);
    const T floored = std::floor(quotient);
    return quotient - floored > T{0.5} ? floored + 1 : floored;
  } else {
    if (z == static_cast<T>(-1)) return static_cast<T>(-wrapping(x));
    const T quotient = static_cast<T>(x / z);
    return x % z != 0 && (x < 0) != (z < 0) ? static_cast<T>(quotient - 1) : quotient;
  }
}

/// `map` by a function pointer: one instance of the loop for all functions that cannot be
/// vectorised.
template <class F>
Tensor map_called(const char* op, const Tensor& a, const Tensor& b, F function) {
  check_same_dtype(op, a, b);
  return dispatch(NumberTypes(), op, a.dtype(), [&]<class T>() {
    T (*const f)(T, T) = function.template operator()<T>();
    return map_to<T, T>(op, a, b, f);
  });
}

}  // namespace

Tensor floor_divide(const Tensor& a, const Tensor& b) {
  check_divisors("floor_divide", b);
  const Tensor y = map_called("floor_divide", a, b, []<class T>() { return &floor_quotient<T>; });
  return record("floor_divide", y, {a, b}, [](const Tensor&, Gradients&) {
    fail<AutogradError>("floor_divide: it has no gradient; detach() makes a constant of its input");
  });
}

Tensor remainder(const Tensor& a, const Tensor& b) {
  check_divisors("remainder", b);
  const Tensor y = map_called("remainder", a, b, []<class T>() { return &remainder_of<T>; });
  return record("remainder", y, {a, b},
                [a = Saved(a), b = Saved(b)](const Tensor& dy, Gradients& d) {
                  if (d.wants(0)) d[0] = sum_to(dy, a.shape());
                  if (d.wants(1))
                    d[1] = sum_to(-dy * floor_divide(detach(a), detach(b)), b.shape());
                });
}

Tensor number_beside(const Tensor& x, double value) {
  const Tensor number = scalar(value, x.dtype());
  // 2⁶³ is out of range, but equals the largest i64 as a double.
  check_dtype(is_floating(x.dtype()) || (number.item() == value && value < 0x1p63),
              "the number {} meets a tensor of {}, which cannot hold it; cast() converts", value,
              x.dtype());
  return number;
}

namespace {

/// Integers as f32, so that the other operand need not be an integer.
Tensor divisible(const Tensor& x) {
  check_among(NumberTypes(), "div", x.dtype());
  return is_floating(x.dtype()) ? x : cast(x, f32);
}

}  // namespace

Tensor add(const Tensor& a, double b) { return add(a, number_beside(a, b)); }
Tensor sub(const Tensor& a, double b) { return sub(a, number_beside(a, b)); }
Tensor sub(double a, const Tensor& b) { return sub(number_beside(b, a), b); }
Tensor mul(const Tensor& a, double b) { return mul(a, number_beside(a, b)); }
Tensor div(const Tensor& a, double b) {
  const Tensor x = divisible(a);
  return div(x, number_beside(x, b));
}
Tensor div(double a, const Tensor& b) {
  const Tensor x = divisible(b);
  return div(number_beside(x, a), x);
}
Tensor floor_divide(const Tensor& a, double b) { return floor_divide(a, number_beside(a, b)); }
Tensor remainder(const Tensor& a, double b) { return remainder(a, number_beside(a, b)); }
Tensor pow(const Tensor& a, double b) { return pow(a, number_beside(a, b)); }

Tensor neg(const Tensor& x) {
  Tensor y = dispatch(NumberTypes(), "neg", x.dtype(), [&]<class T>() {
    Tensor negated(x.shape(), x.dtype());
    kernels::map(x.numel(), x.data<T>().data(), negated.data<T>().data(),
                 [](T v) { return -wrapping(v); });
    return negated;
  });
  return record("neg", y, {x}, [](const Tensor& dy, Gradients& d) { d[0] = -dy; });
}

Tensor pow(const Tensor& a, const Tensor& b) {
  check_floating("pow", a);
  Tensor y = map_called("pow", a, b, []<class T>() -> T (*)(T, T) {
    return [](T x, T p) { return static_cast<T>(std::pow(x, p)); };
  });
  return record(
      "pow", y, {a, b}, [a = Saved(a), b = Saved(b), y = Saved(y)](const Tensor& dy, Gradients& d) {
        if (d.wants(0)) {  // the product with b = 0 is 0, not 0·∞; dy·b could overflow
          const Tensor lost = [&] {
            const NoGrad no_grad;
            const Tensor finite = abs(dy * (1 / a)) < std::numeric_limits<double>::infinity();
            return b == 0. && !finite;
          }();
          const Tensor power = where(lost, 0., dy) * pow(where(lost, 1., a), b - 1);
          d[0] = sum_to(power * b, a.shape());
        }
        if (d.wants(1)) {  // 0 to the power of b is constant: not 0·log 0
          const Tensor constant = a == 0. && b >= 0.;
          const Tensor db = dy * (y * log(where(constant, 1., a)));
          d[1] = sum_to(where(constant, 0., db), b.shape());
        }
      });
}

namespace {

/// The gradient of one operand of maximum or minimum: 0 where it is `behind`, half of dy in a tie.
/// NaN compares false, so both operands get all of dy there.
Tensor chosen(const Tensor& behind, const Tensor& tie, const Tensor& dy) {
  return where(behind, 0, where(tie, dy * 0.5, dy));
}

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) {
  Tensor y = map("maximum", a, b, [](auto x, auto z) { return x > z || x != x ? x : z; });
  return record("maximum", y, {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& dy, Gradients& d) {
    if (d.wants(0)) d[0] = sum_to(chosen(a < b, a == b, dy), a.shape());
    if (d.wants(1)) d[1] = sum_to(chosen(b < a, a == b, dy), b.shape());
  });
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  Tensor y = map("minimum", a, b, [](auto x, auto z) { return x < z || x != x ? x : z; });
  return record("minimum", y, {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& dy, Gradients& d) {
    if (d.wants(0)) d[0] = sum_to(chosen(a > b, a == b, dy), a.shape());
    if (d.wants(1)) d[1] = sum_to(chosen(b > a, a == b, dy), b.shape());
  });
}

Tensor hypot(const Tensor& a, const Tensor& b) {
  check_floating("hypot", a);
  const Tensor y = map_called("hypot", a, b, []<class T>() -> T (*)(T, T) {
    return [](T x, T z) { return static_cast<T>(std::hypot(x, z)); };
  });
  return record("hypot", y, {a, b},
                [a = Saved(a), b = Saved(b), y = Saved(y)](const Tensor& dy, Gradients& d) {
                  if (d.wants(0)) d[0] = sum_to(dy * (a / y), a.shape());  // dy·a could overflow
                  if (d.wants(1)) d[1] = sum_to(dy * (b / y), b.shape());
                });
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  check_shape(broadcast("sum_to", x.shape(), shape) == x.shape(),
              "sum_to: {} cannot be summed to {}", x.shape(), shape);
  const int missing = x.rank() - shape.rank();
  Shape axes;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis < missing || (shape[axis - missing] == 1 && x.shape()[axis] != 1))
      axes.push_back(axis);
  }
  return reshape(sum(x, axes, {.keepdim = true}), shape);
}

}  // namespace engram
