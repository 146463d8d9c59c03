#pragma once

#include <engram/autograd/tensor.h>

#include <utility>

namespace engram {

// Arithmetic, element by element, with NumPy's broadcasting. Both operands must have one dtype
// (DTypeError; there is no promotion, `cast` converts); a number is converted to the tensor's
// dtype, which must be able to hold it. Integer operands make integer results, except in `div`, and
// wrap around. Booleans have no arithmetic: DTypeError.

Tensor add(const Tensor& a, const Tensor& b);
/// In place when a is unshared and has b's shape.
Tensor add(Tensor&& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
/// The true quotient; of integers in f32, as in PyTorch. The gradient of b is (-dy·(a/b))/b, in
/// this order (PyTorch: a/b/b first, which can overflow or underflow where the product does not).
Tensor div(const Tensor& a, const Tensor& b);
/// ⌊a/b⌋, of the operands' dtype: rounded towards -∞, as PyTorch's and Python's. Integers: Error
/// for a zero divisor. No gradient: AutogradError in backward, as in PyTorch.
Tensor floor_divide(const Tensor& a, const Tensor& b);
/// a - ⌊a/b⌋·b, which is 0 or has the sign of b; exact, however large the quotient (PyTorch: NaN
/// for a very large one). Integers: Error for a zero divisor. For the gradient ⌊a/b⌋ is a constant.
Tensor remainder(const Tensor& a, const Tensor& b);

Tensor add(const Tensor& a, double b);
Tensor sub(const Tensor& a, double b);
Tensor sub(double a, const Tensor& b);
Tensor mul(const Tensor& a, double b);
Tensor div(const Tensor& a, double b);
Tensor div(double a, const Tensor& b);
Tensor floor_divide(const Tensor& a, double b);
Tensor remainder(const Tensor& a, double b);

Tensor neg(const Tensor& x);

/// a to the power b, by IEEE 754 also of -0 and -∞ (PyTorch takes the square root for b = ½); f32
/// or f64. The gradient of a is dy·a^(b-1)·b from the left (PyTorch: b·a^(b-1) first, which
/// overflows for large a), and 0 where b is 0. That of b is 0 where a is 0 and b is not negative.
/// Both zeros hold for any dy, infinite ones included.
Tensor pow(const Tensor& a, const Tensor& b);
Tensor pow(const Tensor& a, double b);

/// The larger, or the smaller, of two. Where they are equal each gets half of dy. NaN if either is
/// NaN; then both get all of dy, as in PyTorch.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);

/// √(a² + b²), whose squares neither overflow nor underflow; f32 or f64. ∞ beside NaN is ∞, by
/// IEEE 754. The gradient of a is dy·(a/y) (PyTorch: dy·a first, which leaves the range for large
/// and for small a): NaN at the origin and where a is infinite.
Tensor hypot(const Tensor& a, const Tensor& b);

/// Sums x down to `shape`, the reverse of broadcasting `shape` to x's: the gradient of a broadcast
/// operand. ShapeError if `shape` does not broadcast to x's.
Tensor sum_to(const Tensor& x, const Shape& shape);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator+(Tensor&& a, const Tensor& b) { return add(std::move(a), b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator+(const Tensor& a, double b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, double b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, double b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, double b) { return div(a, b); }
inline Tensor operator+(double a, const Tensor& b) { return add(b, a); }
inline Tensor operator-(double a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(double a, const Tensor& b) { return mul(b, a); }
inline Tensor operator/(double a, const Tensor& b) { return div(a, b); }
inline Tensor operator-(const Tensor& x) { return neg(x); }

}  // namespace engram
