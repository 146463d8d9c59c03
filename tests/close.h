#pragma once

#include <doctest/doctest.h>
#include <engram/autograd/tensor.h>

#include <cmath>
#include <initializer_list>
#include <vector>

/// Whether x holds these values in row-major order, each within tolerance·max(1, |value|). Infinity
/// and NaN match themselves alone.
inline void check_close(const engram::Tensor& x, const std::vector<double>& values,
                        double tolerance = 1e-12) {
  REQUIRE(x.numel() == static_cast<std::int64_t>(values.size()));
  engram::dispatch(x.dtype(), [&]<class T>() {
    for (std::size_t i = 0; i < values.size(); ++i) {
      CAPTURE(i);
      const double value = static_cast<double>(x.data<T>()[i]), wanted = values[i];
      if (std::isnan(wanted)) {
        CHECK(std::isnan(value));
      } else if (std::isinf(wanted)) {
        CHECK(value == wanted);
      } else {
        CHECK(std::abs(value - wanted) <= tolerance * std::max(1.0, std::abs(wanted)));
      }
    }
  });
}
