#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

// Comparisons, element by element and broadcast; the result is a u8 mask of 0 and 1 and has no
// gradient. Operands of one dtype: DTypeError.

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

/// a where the u8 mask is not 0, b elsewhere; all three broadcast together. a and b of one dtype:
/// DTypeError.
Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& mask, const Tensor& a, double b);
Tensor where(const Tensor& mask, double a, const Tensor& b);

/// x limited to [low, high]; f32 or f64. The gradient passes where low <= x <= high.
Tensor clamp(const Tensor& x, double low, double high);

}  // namespace engram
