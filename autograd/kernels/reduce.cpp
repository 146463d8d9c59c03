#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/reduce.h>
#include <engram/autograd/kernels/sum_run.h>

#include <algorithm>

namespace engram::kernels {
namespace {

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
      for (std::int64_t o = begin; o < end; ++o) {
        const T* run = x + o * n;
        y[o] = static_cast<T>(sum_run<T>(n, [run](std::int64_t i) { return run[i]; }));
      }
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
