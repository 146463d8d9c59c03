#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace engram::kernels {

/// Σ f(i) over i in [0, n), where f returns a T: 16 partial sums, which the compiler keeps in
/// vector registers, in blocks that are short enough for their type; the blocks add up in double.
template <class T, class F>
auto sum_run(std::int64_t n, F f) {
  using Total = std::conditional_t<std::is_floating_point_v<T>, double, T>;
  constexpr std::int64_t lanes = 16, block = 1024;
  Total total = 0;
  for (std::int64_t begin = 0; begin < n; begin += block) {
    const std::int64_t end = std::min(n, begin + block);
    T partial[lanes] = {};
    std::int64_t i = begin;
    for (; i + lanes <= end; i += lanes) {
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        partial[lane] = static_cast<T>(partial[lane] + f(i + lane));
      }
    }
    for (; i < end; ++i) partial[i % lanes] = static_cast<T>(partial[i % lanes] + f(i));
    for (T each : partial) total = static_cast<Total>(total + each);
  }
  return total;
}

}  // namespace engram::kernels
