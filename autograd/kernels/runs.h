#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

// Reductions of runs of numbers, in lanes that the compiler keeps in vector registers.
namespace engram::kernels {

/// Reduces f(0), …, f(n - 1) by fold(result, value), associative and commutative, from `first`.
template <class T, class F, class Fold>
T fold_run(std::int64_t n, T first, F f, Fold fold) {
  constexpr std::int64_t lanes = 16;
  T partial[lanes];
  std::fill_n(partial, lanes, first);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      partial[lane] = fold(partial[lane], f(i + lane));
    }
  }
  for (; i < n; ++i) partial[i % lanes] = fold(partial[i % lanes], f(i));
  T result = first;
  for (T each : partial) result = fold(result, each);
  return result;
}

/// Σ f(i) over i in [0, n), where f returns a T: short blocks are summed in T, their sums in
/// double.
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
