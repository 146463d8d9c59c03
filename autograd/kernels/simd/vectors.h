#pragma once

#include <engram/autograd/kernels/tiles.h>

// Vectors of the instruction set's width, for files that are compiled once for each set. Local to
// each file, as they differ.
namespace engram::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64, tile_rows = 12, tile_sums = 24;  // 24 of the 32 registers
constexpr int dot_rows = 3, dot_taps = 9;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32, tile_rows = 6, tile_sums = 12;  // 12 of the 16
constexpr int dot_rows = 3, dot_taps = 3;
#else
constexpr int vector_bytes = 16, tile_rows = 6, tile_sums = 12;
constexpr int dot_rows = 3, dot_taps = 3;
#endif

template <class T>
constexpr int lanes_of = vector_bytes / sizeof(T);

template <class T>
using Vector [[gnu::vector_size(vector_bytes)]] = T;

/// Lane indices, for `shuffle`.
template <class T>
using Lanes [[gnu::vector_size(vector_bytes)]] = Lane<T>;

/// Lane i of the result is lane index[i] of the two vectors, concatenated.
template <class T>
[[gnu::always_inline]] inline Vector<T> shuffle(const Vector<T>& first, const Vector<T>& second,
                                                const Lanes<T>& index) {
#if defined(__clang__)  // its built-in takes constant indices only, and is found by the optimizer
  Vector<T> result;
  for (int i = 0; i < lanes_of<T>; ++i) {
    const Lane<T> k = index[i] & (2 * lanes_of<T> - 1);
    result[i] = k < lanes_of<T> ? first[k] : second[k - lanes_of<T>];
  }
  return result;
#else
  return __builtin_shuffle(first, second, index);
#endif
}

/// Unaligned loads and stores.
template <class V, class T>
[[gnu::always_inline]] inline V load_as(const T* from) {
  V vector;
  __builtin_memcpy(&vector, from, sizeof(vector));
  return vector;
}
template <class T>
[[gnu::always_inline]] inline Vector<T> load(const T* from) {
  return load_as<Vector<T>>(from);
}
template <class T>
[[gnu::always_inline]] inline void store(const Vector<T>& vector, T* to) {
  __builtin_memcpy(to, &vector, sizeof(vector));
}

/// Keeps a vector in a register, which the compiler would reload for each use.
template <class T>
[[gnu::always_inline]] inline void keep(Vector<T>& vector) {
#if defined(__AVX512F__)
  asm("" : "+v"(vector));
#elif defined(__x86_64__)
  asm("" : "+x"(vector));
#else
  static_cast<void>(vector);
#endif
}

}  // namespace
}  // namespace engram::kernels
