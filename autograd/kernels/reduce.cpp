#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/reduce.h>

#include <algorithm>
#include <type_traits>

namespace engram::kernels {
namespace {

/// The sum of a run: 16 partial sums, which the compiler keeps in vector registers, in blocks that
/// are short enough for their type; the blocks add up in double.
template <class T>
T sum_run(const T* x, std::int64_t n) {
  using Total = std::conditional_t<std::is_floating_point_v<T>, double, T>;
  constexpr std::int64_t lanes = 16, block = 1024;
  Total total = 0;
  for (std::int64_t begin = 0; begin < n; begin += block) {
    const std::int64_t end = std::min(n, begin + block);
    T partial[lanes] = {};
    std::int64_t i = begin;
    for (; i + lanes <= end; i += lanes) {
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        partial[lane] = static_cast<T>(partial[lane] + x[i + lane]);
      }
    }
    for (; i < end; ++i) partial[i % lanes] = static_cast<T>(partial[i % lanes] + x[i]);
    for (T each : partial) total = static_cast<Total>(total + each);
  }
  return static_cast<T>(total);
}

/// Folds the middle axis with f, starting from its first element: runs where inner is 1, otherwise
/// whole rows of `inner` elements at a time, so that memory is read in order.
template <class T, class F>
void fold(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y, F f) {
  parallel_for(outer, groups_per_grain(n * inner), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      const T* row = x + o * n * inner;
      T* out = y + o * inner;
      std::copy(row, row + inner, out);
      for (std::int64_t k = 1; k < n; ++k) {
        for (std::int64_t i = 0; i < inner; ++i) out[i] = f(out[i], row[k * inner + i]);
      }
    }
  });
}

}  // namespace

template <class T>
void sum(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y) {
  if (inner == 1) {
    parallel_for(outer, groups_per_grain(n), [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) y[o] = sum_run(x + o * n, n);
    });
    return;
  }
  // Columns are split between the threads when there are too few outer groups.
  const std::int64_t columns = outer * inner;
  parallel_for(columns, groups_per_grain(n), [=](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t o = begin / inner;
      const std::int64_t stop = std::min(end, (o + 1) * inner);
      T* out = y + begin;
      const T* column = x + o * n * inner + (begin - o * inner);
      std::fill(out, out + (stop - begin), T{0});
      for (std::int64_t k = 0; k < n; ++k) {
        for (std::int64_t i = 0; i < stop - begin; ++i) {
          out[i] = static_cast<T>(out[i] + column[k * inner + i]);
        }
      }
      begin = stop;
    }
  });
}

template <class T>
void max(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y) {
  fold(outer, n, inner, x, y, [](T a, T b) { return b > a || b != b ? b : a; });
}

template <class T>
void min(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, T* y) {
  fold(outer, n, inner, x, y, [](T a, T b) { return b < a || b != b ? b : a; });
}

template <class T>
void argmax(std::int64_t outer, std::int64_t n, std::int64_t inner, const T* x, std::int64_t* y) {
  parallel_for(outer, groups_per_grain(n * inner), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      for (std::int64_t i = 0; i < inner; ++i) {
        const T* column = x + o * n * inner + i;
        std::int64_t best = 0;
        for (std::int64_t k = 1; k < n && column[best * inner] == column[best * inner]; ++k) {
          const T value = column[k * inner];
          if (value > column[best * inner] || value != value) best = k;
        }
        y[o * inner + i] = best;
      }
    }
  });
}

#define INSTANTIATE(T)                                                                     \
  template void sum(std::int64_t, std::int64_t, std::int64_t, const T*, T*);               \
  template void max(std::int64_t, std::int64_t, std::int64_t, const T*, T*);               \
  template void min(std::int64_t, std::int64_t, std::int64_t, const T*, T*);               \
  template void argmax(std::int64_t, std::int64_t, std::int64_t, const T*, std::int64_t*);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(std::int64_t)
INSTANTIATE(std::uint8_t)
#undef INSTANTIATE

}  // namespace engram::kernels
