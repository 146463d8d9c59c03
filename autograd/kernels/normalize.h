#pragma once

#include <cstdint>

// Normalisation of groups of elements to mean 0 and variance 1. x (outer, count, inner) has `count`
// groups; a group is all elements with one middle index. A batch (N, C, H, W) normalised by channel
// is (N, C, H·W); rows normalised each by itself are (1, rows, n). f32 and f64.
namespace engram::kernels {

struct Groups {
  std::int64_t outer = 1;
  std::int64_t count = 1;
  std::int64_t inner = 1;

  std::int64_t size() const { return outer * inner; }  // elements in each group
};

/// Whether weight and bias are (count,) or (inner,).
enum class Parameters {
  of_group,  // one for each group
  of_place,  // one for each element of a group, where outer is 1
};

/// y = (x − mean) · inverse_std · weight + bias with the mean and variance of the group, and
/// inverse_std = 1/√(variance + eps). The variance divides by the group's size.
template <class T>
struct Normalization {
  Groups groups;
  Parameters parameters;
  double eps;
  const T* x;
  const T* weight;
  const T* bias;
  T* y;
  T* mean;         // (count,)
  T* variance;     // (count,)
  T* inverse_std;  // (count,)
};
template <class T>
void normalize(const Normalization<T>& normalization);

/// With x̂ = (x − mean) · inverse_std and g = dy · weight, averages over the group:
///     dx = inverse_std · (g − avg(g) − x̂ · avg(g · x̂)),   dweight = Σ dy · x̂,   dbias = Σ dy.
template <class T>
struct NormalizationBackward {
  Groups groups;
  Parameters parameters;
  const T* x;
  const T* weight;
  const T* mean;         // (count,)
  const T* inverse_std;  // (count,)
  const T* dy;
  T* dx;
  T* dweight;
  T* dbias;
};
template <class T>
void normalize_backward(const NormalizationBackward<T>& normalization);

}  // namespace engram::kernels
