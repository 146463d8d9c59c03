#pragma once

#include <engram/autograd/tensor.h>

#include <algorithm>
#include <cmath>
#include <vector>

/// Whether the tensor holds these values, which are written with 7 digits.
inline bool near(const engram::Tensor& x, const std::vector<double>& expected) {
  if (x.numel() != static_cast<std::int64_t>(expected.size())) return false;
  return engram::dispatch(x.dtype(), [&]<class T>() {
    return std::ranges::equal(x.data<T>(), expected, [](T a, double b) {
      return std::abs(static_cast<double>(a) - b) <= 2e-7 + 2e-6 * std::abs(b);
    });
  });
}
