#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

// Functions of one variable, element by element, of f32 or f64 (DTypeError).

Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor sqrt(const Tensor& x);
/// The gradient overflows only where 2·x·dy does (PyTorch: where 2·x does).
Tensor square(const Tensor& x);
/// The gradient at 0 and at NaN is 0, also for an infinite dy (PyTorch: NaN).
Tensor abs(const Tensor& x);
/// -1, 0 or 1; NaN of NaN, which is not hidden (PyTorch: 0). The gradient is 0.
Tensor sign(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
/// The Gauss error function.
Tensor erf(const Tensor& x);

}  // namespace engram
