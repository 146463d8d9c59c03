#pragma once

#include <engram/autograd/tensor.h>

#include <vector>

/// The elements of a tensor of any dtype, in row-major order.
inline std::vector<double> values(const engram::Tensor& x) {
  return engram::dispatch(x.dtype(), [&]<class T>() {
    return std::vector<double>(x.data<T>().begin(), x.data<T>().end());
  });
}

using Values = std::vector<double>;
