#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

// Comparisons, element by element and broadcast; the result is boolean and has no gradient.
// Operands of one dtype: DTypeError. false < true.

Tensor operator==(const Tensor& a, const Tensor& b);
Tensor operator!=(const Tensor& a, const Tensor& b);
Tensor operator<(const Tensor& a, const Tensor& b);
Tensor operator<=(const Tensor& a, const Tensor& b);
Tensor operator>(const Tensor& a, const Tensor& b);
Tensor operator>=(const Tensor& a, const Tensor& b);
Tensor operator==(const Tensor& a, double b);
Tensor operator!=(const Tensor& a, double b);
Tensor operator<(const Tensor& a, double b);
Tensor operator<=(const Tensor& a, double b);
Tensor operator>(const Tensor& a, double b);
Tensor operator>=(const Tensor& a, double b);

// Of boolean operands, broadcast: PyTorch's logical_and, logical_or and logical_not. DTypeError for
// other dtypes; `x != 0` makes a mask of numbers. Exclusive or is `a != b`. Both operands are
// always computed: && and || of tensors do not short-circuit.

Tensor operator&&(const Tensor& a, const Tensor& b);
Tensor operator||(const Tensor& a, const Tensor& b);
Tensor operator!(const Tensor& x);

/// a where the mask is true, b elsewhere; all three broadcast together. The mask is boolean, a and
/// b are of one dtype: DTypeError.
Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& mask, const Tensor& a, double b);
Tensor where(const Tensor& mask, double a, const Tensor& b);

/// x limited to [low, high]; f32 or f64. The gradient passes where low <= x <= high.
Tensor clamp(const Tensor& x, double low, double high);

}  // namespace engram
