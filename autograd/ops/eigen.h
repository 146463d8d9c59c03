#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

/// x = vectors·diag(values)·vectorsᵀ
struct SymmetricEigen {
  Tensor values;   ///< (n,), in ascending order
  Tensor vectors;  ///< (n, n): orthonormal columns, of arbitrary sign
};

/// The eigenvalues and eigenvectors of a symmetric matrix x (n, n); only the upper triangle is
/// read. f32 or f64. It has no gradient: AutogradError for a recorded x. Error when an element is
/// not finite.
SymmetricEigen symmetric_eigen(const Tensor& x);

}  // namespace engram
