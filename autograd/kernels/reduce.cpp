#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/reduce.h>
#include <engram/autograd/kernels/reduce_blocks.h>
#include <engram/autograd/kernels/runs.h>

#include <algorithm>
#include <functional>
#include <type_traits>

namespace engram::kernels {
namespace {

// Sums of columns, computed as `sum_run` computes those of runs: short blocks are summed in the
// elements' type, their sums in double. Integers are summed as unsigned, which may wrap around.
template <class Y>
using Partial = std::conditional_t<std::is_same_v<Y, std::int64_t>, std::uint64_t, Y>;
template <class Y>
using Total = std::conditional_t<std::is_floating_point_v<Y>, double, Partial<Y>>;

template <class Y, class X>
Total<Y> sum_of(const X* x, std::int64_t n) {
  return sum_run<Partial<Y>>(n, [x](std::int64_t i) { return static_cast<Partial<Y>>(x[i]); });
}

/// The sums of `width` adjacent columns of n elements with this stride.
template <class X, class Y>
void sum_columns(std::int64_t n, std::int64_t width, std::int64_t stride, const X* x, Y* y) {
  constexpr std::int64_t strip = 256, block = 64;
  for (std::int64_t first = 0; first < width; first += strip) {
    const std::int64_t count = std::min(strip, width - first);
    Total<Y> total[strip] = {};
    for (std::int64_t begin = 0; begin < n; begin += block) {
      Partial<Y> partial[strip] = {};
      for (std::int64_t k = begin; k < std::min(n, begin + block); ++k) {
        const X* row = x + k * stride + first;
        for (std::int64_t i = 0; i < count; ++i) {
          partial[i] = static_cast<Partial<Y>>(partial[i] + static_cast<Partial<Y>>(row[i]));
        }
      }
      for (std::int64_t i = 0; i < count; ++i)
        total[i] = static_cast<Total<Y>>(total[i] + partial[i]);
    }
    for (std::int64_t i = 0; i < count; ++i) y[first + i] = static_cast<Y>(total[i]);
  }
}

/// Folds the middle axis with f, associative and commutative, from its first element: by runs where
/// inner is 1, otherwise by rows of `inner` elements, so that memory is read in order.
template <class T, class F>
void fold(const AxisView& view, const T* x, T* y, F f) {
  const std::int64_t outer = view.outer, n = view.n, inner = view.inner;
  parallel_for(outer, groups_per_grain(n * inner), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      const T* row = x + o * n * inner;
      T* out = y + o * inner;
      if (inner == 1) {
        *out = fold_run(
            n, row[0], [row](std::int64_t i) { return row[i]; }, f);
        continue;
      }
      std::copy(row, row + inner, out);
      for (std::int64_t k = 1; k < n; ++k) {
        for (std::int64_t i = 0; i < inner; ++i) out[i] = f(out[i], row[k * inner + i]);
      }
    }
  });
}

}  // namespace

template <class X, class Y>
void sum(const AxisView& view, const X* x, Y* y) {
  const std::int64_t outer = view.outer, n = view.n, inner = view.inner;
  if (outer == 1 && inner == 1) {
    *y = static_cast<Y>(reduce_blocks(
        n, [x](std::int64_t begin, std::int64_t end) { return sum_of<Y>(x + begin, end - begin); },
        std::plus<Total<Y>>()));
    return;
  }
  if (inner == 1) {
    parallel_for(outer, groups_per_grain(n), [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) y[o] = static_cast<Y>(sum_of<Y>(x + o * n, n));
    });
    return;
  }
  // Parallel over the columns, as there may be few outer groups.
  const std::int64_t columns = outer * inner;
  parallel_for(columns, groups_per_grain(n), [=](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t o = begin / inner;
      const std::int64_t stop = std::min(end, (o + 1) * inner);
      sum_columns(n, stop - begin, inner, x + o * n * inner + (begin - o * inner), y + begin);
      begin = stop;
    }
  });
}

template <class T>
void max(const AxisView& view, const T* x, T* y) {
  fold(view, x, y, [](T a, T b) { return ((b > a) | (b != b)) ? b : a; });
}

template <class T>
void min(const AxisView& view, const T* x, T* y) {
  fold(view, x, y, [](T a, T b) { return ((b < a) | (b != b)) ? b : a; });
}

template <class T>
void argmax(const AxisView& view, const T* x, std::int64_t* y) {
  const std::int64_t outer = view.outer, n = view.n, inner = view.inner;
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

template void sum(const AxisView&, const float*, float*);
template void sum(const AxisView&, const double*, double*);
template void sum(const AxisView&, const std::int64_t*, std::int64_t*);
template void sum(const AxisView&, const std::uint8_t*, std::int64_t*);

#define INSTANTIATE(T)                              \
  template void max(const AxisView&, const T*, T*); \
  template void min(const AxisView&, const T*, T*); \
  template void argmax(const AxisView&, const T*, std::int64_t*);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(std::int64_t)
INSTANTIATE(std::uint8_t)
#undef INSTANTIATE

}  // namespace engram::kernels
