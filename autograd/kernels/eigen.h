#pragma once

#include <cstdint>

namespace engram::kernels {

/// The eigenvalues of a symmetric matrix a (n, n) in ascending order, and for each an eigenvector
/// as a row of a, which is overwritten. f32 and f64. False when the iteration did not converge.
template <class T>
[[nodiscard]] bool symmetric_eigen(std::int64_t n, T* a, T* values);

}  // namespace engram::kernels
