#pragma once

#include <engram/autograd/kernels/elementwise.h>
#include <engram/autograd/kernels/parallel.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

// Whether numbers are neither infinite nor NaN: tests of their bits, which vectorise.
namespace engram::kernels {

/// Of x (n), on this thread.
template <class T>
bool are_finite(const T* x, std::int64_t n) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits exponent = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  Bits found = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    found |= Bits{(std::bit_cast<Bits>(x[i]) & exponent) == exponent};
  }
  return found == 0;
}

/// The same by all threads.
template <class T>
bool all_finite(const T* x, std::int64_t n) {
  std::atomic<bool> finite = true;
  parallel_for(n, elementwise_grain, [&finite, x](std::int64_t begin, std::int64_t end) {
    if (!are_finite(x + begin, end - begin)) finite = false;
  });
  return finite;
}

}  // namespace engram::kernels
