#include <engram/autograd/kernels/indexing.h>
#include <engram/autograd/kernels/parallel.h>

#include <algorithm>

namespace engram::kernels {

template <class T>
void gather(const StridedLoops& loops, std::int64_t stride, const T* x, const std::int64_t* index,
            T* y) {
  if (loops.sizes.numel() == 0) return;
  const int inner = loops.sizes.rank() - 1;
  const std::int64_t n = loops.sizes[inner], x_stride = loops.a_strides[inner];
  const std::int64_t rows = loops.sizes.numel() / n;
  parallel_for(rows, groups_per_grain(n), [&](std::int64_t begin, std::int64_t end) {
    Walk at(loops, inner, begin);
    for (std::int64_t row = begin; row < end; ++row, at.next()) {
      const T* from = x + at.a;
      for (std::int64_t i = 0; i < n; ++i) {
        y[at.b + i] = from[i * x_stride + index[at.b + i] * stride];
      }
    }
  });
}

template <class T>
void scatter_add(const StridedLoops& loops, std::int64_t stride, const T* x,
                 const std::int64_t* index, T* y) {
  if (loops.sizes.numel() == 0) return;
  const int inner = loops.sizes.rank() - 1;
  const std::int64_t n = loops.sizes[inner], y_stride = loops.a_strides[inner];
  const std::int64_t rows = loops.sizes.numel() / n;
  Walk at(loops, inner, 0);
  for (std::int64_t row = 0; row < rows; ++row, at.next()) {
    for (std::int64_t i = 0; i < n; ++i) {
      T& sum = y[at.a + i * y_stride + index[at.b + i] * stride];
      sum = static_cast<T>(sum + x[at.b + i]);
    }
  }
}

template <class T>
void index_select(const AxisView& x_view, const T* x, std::int64_t count, const std::int64_t* index,
                  T* y) {
  parallel_for(x_view.outer * count, groups_per_grain(x_view.inner),
               [=, n = x_view.n, inner = x_view.inner](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   const std::int64_t from = row / count * n + index[row % count];
                   std::copy_n(x + from * inner, inner, y + row * inner);
                 }
               });
}

template <class T>
void index_add(const AxisView& y_view, const T* x, std::int64_t count, const std::int64_t* index,
               T* y) {
  // Parallel over the columns, not the rows: two rows of x may be added to one of y.
  parallel_for(y_view.outer * y_view.inner, groups_per_grain(count),
               [=, n = y_view.n, inner = y_view.inner](std::int64_t begin, std::int64_t end) {
                 while (begin < end) {
                   const std::int64_t o = begin / inner, left = begin % inner;
                   const std::int64_t width = std::min(end - begin, inner - left);
                   for (std::int64_t k = 0; k < count; ++k) {
                     const T* from = x + (o * count + k) * inner + left;
                     T* to = y + (o * n + index[k]) * inner + left;
                     for (std::int64_t i = 0; i < width; ++i)
                       to[i] = static_cast<T>(to[i] + from[i]);
                   }
                   begin += width;
                 }
               });
}

#define INSTANTIATE_MOVES(T)                                                                  \
  template void gather(const StridedLoops&, std::int64_t, const T*, const std::int64_t*, T*); \
  template void index_select(const AxisView&, const T*, std::int64_t, const std::int64_t*, T*);
INSTANTIATE_MOVES(float)
INSTANTIATE_MOVES(double)
INSTANTIATE_MOVES(std::int64_t)
INSTANTIATE_MOVES(std::uint8_t)
INSTANTIATE_MOVES(bool)
#undef INSTANTIATE_MOVES

#define INSTANTIATE_SUMS(T)                                                                        \
  template void scatter_add(const StridedLoops&, std::int64_t, const T*, const std::int64_t*, T*); \
  template void index_add(const AxisView&, const T*, std::int64_t, const std::int64_t*, T*);
INSTANTIATE_SUMS(float)
INSTANTIATE_SUMS(double)
INSTANTIATE_SUMS(std::int64_t)
INSTANTIATE_SUMS(std::uint8_t)
#undef INSTANTIATE_SUMS

}  // namespace engram::kernels
