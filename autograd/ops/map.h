#pragma once

#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/record.h>

#include <cstdint>
#include <type_traits>
#include <utility>

// The building blocks of elementwise operations. `map` computes; `unary_of_input` and
// `unary_of_output` also record.
//
// A function is a generic lambda, written once for f32 and f64. A derivative is a generic lambda of
// (x or y, dy), written once for the fused loop over numbers and, when gradients are differentiated
// again, for operations on tensors.
namespace engram {

/// y = f(x), of x's dtype. DTypeError unless f32 or f64.
template <class F>
Tensor map(const char* op, const Tensor& x, F f) {
  return dispatch_floating(op, x.dtype(), [&]<class T>() {
    Tensor y(x.shape(), x.dtype());
    kernels::map(x.numel(), x.data<T>().data(), y.data<T>().data(), f);
    return y;
  });
}

inline void check_same_dtype(const char* op, const Tensor& a, const Tensor& b) {
  check_dtype(a.dtype() == b.dtype(), "{}: dtypes differ: {} and {}", op, a.dtype(), b.dtype());
}

inline void check_floating(const char* op, const Tensor& x) {
  check_among(FloatTypes(), op, x.dtype());
}

/// AutogradError for an input that a tape would record: without a gradient the result would be
/// taken for a constant.
inline void check_without_gradient(const char* op, const Tensor& x) {
  check_autograd(!Tape::current() || !Tape::current()->watches(op, x),
                 "{}: it has no gradient; detach() makes a constant of its input", op);
}

/// The elements for a loop that reads them. Booleans are read as bytes of 0 and 1: they share the
/// code of u8, and g++ does not vectorise loops that convert bools to wider types.
template <class T>
auto readable(const Tensor& x) {
  if constexpr (std::is_same_v<T, bool>)
    return reinterpret_cast<const std::uint8_t*>(x.data<bool>().data());
  else
    return static_cast<const T*>(x.data<T>().data());
}

/// A number as a tensor of rank 0 and x's dtype, which broadcasts to x. DTypeError when an integer
/// dtype cannot hold the number: it is not rounded silently.
Tensor number_beside(const Tensor& x, double value);

/// A mean: total / n. For n = 0 total + NaN in place of 0/0, so that the gradient is that of an
/// empty sum.
Tensor averaged(const Tensor& total, double n);

/// y = f(a, b), broadcast, from elements of type T to elements of type Y.
template <class T, class Y, class F>
Tensor map_to(const char* op, const Tensor& a, const Tensor& b, F f) {
  const bool same = a.shape() == b.shape();
  Tensor y(same ? a.shape() : broadcast(op, a.shape(), b.shape()), dtype_of<Y>());
  if (same) {
    kernels::map(y.numel(), readable<T>(a), readable<T>(b), y.data<Y>().data(), f);
  } else {
    kernels::map(kernels::broadcast_loops(a.shape(), b.shape(), y.shape()), readable<T>(a),
                 readable<T>(b), y.data<Y>().data(), f);
  }
  return y;
}

/// y = f(a, b), broadcast, of the operands' dtype. ShapeError unless they can be broadcast;
/// DTypeError unless their dtypes agree and have arithmetic.
template <class F>
Tensor map(const char* op, const Tensor& a, const Tensor& b, F f) {
  check_same_dtype(op, a, b);
  return dispatch(NumberTypes(), op, a.dtype(),
                  [&]<class T>() { return map_to<T, T>(op, a, b, f); });
}

/// f(a, b) as boolean, broadcast, of operands of any one dtype; not recorded.
template <class F>
Tensor compare(const char* op, const Tensor& a, const Tensor& b, F f) {
  check_same_dtype(op, a, b);
  return traced(op, dispatch(a.dtype(), [&]<class T>() { return map_to<T, bool>(op, a, b, f); }),
                {a, b});
}

/// The type of the constants in a derivative of V: V itself for numbers, so that f32 stays f32, and
/// double for tensors.
template <class V>
using Constant = std::conditional_t<std::is_floating_point_v<V>, V, double>;

/// dx from x or y and dy: one fused loop, in place when dy is unshared, or operations on tensors
/// when a tape records.
template <class D>
Tensor apply_derivative(const char* op, const Tensor& v, Tensor dy, D derivative) {
  if (Tape::current()) return derivative(v, dy);
  return dispatch_floating(op, v.dtype(), [&]<class T>() {
    Tensor dx = dy.unshared() ? dy : Tensor(v.shape(), v.dtype());
    kernels::map(v.numel(), v.data<T>().data(), dy.data<T>().data(), dx.data<T>().data(),
                 derivative);
    return dx;
  });
}

/// y = f(x) with dx = derivative(x, dy).
template <class F, class D, class A = Attributes()>
Tensor unary_of_input(const char* op, const Tensor& x, F f, D derivative,
                      A&& attributes = no_attributes) {
  return record(
      op, map(op, x, f), {x},
      [op, x = Saved(x), derivative](Tensor dy, Gradients& d) {
        d[0] = apply_derivative(op, x, std::move(dy), derivative);
      },
      attributes);
}

template <class D>
Tensor record_of_output(const char* op, const Tensor& y, const Tensor& x, D derivative) {
  return record(op, y, {x}, [op, y = Saved(y), derivative](Tensor dy, Gradients& d) {
    d[0] = apply_derivative(op, y, std::move(dy), derivative);
  });
}

/// y = f(x) with dx = derivative(y, dy): for functions whose derivative is shorter in terms of y.
template <class F, class D>
Tensor unary_of_output(const char* op, const Tensor& x, F f, D derivative) {
  return record_of_output(op, map(op, x, f), x, derivative);
}

/// The same for a temporary, in place when it is unshared.
template <class F, class D>
Tensor unary_of_output(const char* op, Tensor&& x, F f, D derivative) {
  if (!x.unshared()) return unary_of_output(op, std::as_const(x), f, derivative);
  dispatch_floating(op, x.dtype(), [&]<class T>() {
    kernels::map(x.numel(), x.data<T>().data(), x.data<T>().data(), f);
  });
  return record_of_output(op, view(x, x.shape()), x, derivative);
}

}  // namespace engram
