#pragma once

#include <cstdint>

// Copies of rows of images, which are short and not in a cache yet.
namespace engram::kernels {

/// Copies n elements between ranges that do not overlap; for short rows faster than memmove.
template <class T>
inline void copy_row(const T* from, std::int64_t n, T* to) {
  constexpr std::int64_t some = 64 / sizeof(T);
  if (n < some) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[i];
    return;
  }
  for (std::int64_t i = 0; i + some < n; i += some) {
    __builtin_memcpy(to + i, from + i, some * sizeof(T));
  }
  __builtin_memcpy(to + n - some, from + n - some, some * sizeof(T));
}

/// Prefetches n elements: the next row is too far from the current one for the hardware prefetcher.
template <class T>
inline void prefetch(const T* from, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += 64 / std::int64_t{sizeof(T)}) __builtin_prefetch(from + i);
}

}  // namespace engram::kernels
