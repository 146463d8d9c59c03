#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

struct MatmulOptions {
  bool transpose_a = false;  ///< a is stored (…, k, m)
  bool transpose_b = false;  ///< b is stored (…, n, k)
};

/// Matrix product: a (…, m, k), b (…, k, n) -> (…, m, n). The leading axes are batches, broadcast
/// by NumPy's rule. f32 or f64. ShapeError when the inner sizes differ or a rank is below 2.
Tensor matmul(const Tensor& a, const Tensor& b, const MatmulOptions& options = {});

/// x·Wᵀ + b: x (…, in), weight (out, in), bias (out,) or undefined -> (…, out). f32 or f64.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

/// a (m,), b (n,) -> (m, n) with y[i, j] = a[i]·b[j].
Tensor outer(const Tensor& a, const Tensor& b);

}  // namespace engram
