#pragma once

#include <engram/autograd/tensor.h>

namespace engram {

/// A new tensor with the same elements. Recorded: the gradient passes.
Tensor clone(const Tensor& x);

/// The same elements, sharing memory, as a constant: no gradient passes.
Tensor detach(const Tensor& x);

/// The elements converted to another dtype; x itself when it has that dtype. Recorded between f32
/// and f64. `convert` in dtype.h defines the result for numbers out of range.
Tensor cast(const Tensor& x, DType dtype);

/// Whether an element of one lies in the memory of the other.
bool share_elements(const Tensor& a, const Tensor& b);

}  // namespace engram
