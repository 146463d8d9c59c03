#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

// The nonlinearities of neural networks, element by element, of f32 or f64 (DTypeError).

Tensor tanh(const Tensor& x);
/// 1 / (1 + e^-x)
Tensor sigmoid(const Tensor& x);
/// max(x, 0); its gradient at 0 is 0. In place for a temporary, as in relu(conv(x)), which halves
/// the memory of the two outputs.
Tensor relu(Tensor x);
/// x where positive, slope·x elsewhere.
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01);
/// x·Φ(x) with the normal distribution's Φ, exact (not the tanh approximation). As a product NaN at
/// -∞, and a 0 has the sign of x (PyTorch's vectorised f32: +0).
Tensor gelu(const Tensor& x);
/// log(1 + e^(βx)) / β, and x itself where βx is above the threshold. The gradient is dy·σ(βx)
/// (PyTorch: dy·e^(βx) / (e^(βx) + 1), which overflows for the largest dy).
Tensor softplus(const Tensor& x, double beta = 1, double threshold = 20);

}  // namespace engram
