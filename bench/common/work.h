// Definitions common to all contestants, in C and C++: the data, the initial weights, and the
// digest by which their results are compared.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

// Random streams; parameter k of a network, in the order weight, bias, weight, bias, …, has stream
// BENCH_PARAMETERS + k.
enum {
  BENCH_IMAGES = 1,
  BENCH_LABELS = 2,
  BENCH_INPUT = 3,
  BENCH_OTHER = 4,
  BENCH_GRADIENT = 5,
  BENCH_PARAMETERS = 16
};

// Number i of a stream, 64 random bits: splitmix64 (Steele, Lea, Flood 2014).
static inline uint64_t bench_bits(uint64_t stream, uint64_t i) {
  uint64_t z = (stream << 40) + (i + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// Fills x with numbers uniform in [low, high).
static inline void bench_fill(float* x, size_t n, uint64_t stream, float low, float high) {
  for (size_t i = 0; i < n; ++i) {
    x[i] = low + (high - low) * ((float)(bench_bits(stream, i) >> 40) * 0x1p-24f);
  }
}

// Fills parameter k of a network as PyTorch does, uniform in ±1/√fan_in.
static inline void bench_fill_parameter(float* x, size_t n, int k, size_t fan_in) {
  const float bound = 1 / sqrtf((float)fan_in);
  bench_fill(x, n, (uint64_t)(BENCH_PARAMETERS + k), -bound, bound);
}

// Classes 0 to 9.
static inline void bench_fill_labels(int64_t* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = (int64_t)(bench_bits(BENCH_LABELS, i) % 10);
}

// The number of batches that a training cycles through: it neither overfits one batch nor has all
// its images in the cache.
static inline int64_t bench_batches(int64_t batch) { return batch < 128 ? 1024 / batch : 8; }

// A weighted mean of absolute values: it depends on the order of the values, and is not near 0 by
// cancellation.
static inline double bench_digest(const float* x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += fabs((double)x[i]) * (double)(1 + i % 7);
  return n == 0 ? 0 : sum / (double)n;
}
