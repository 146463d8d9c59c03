#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/pooling.h>

#include <algorithm>

namespace engram::kernels {

template <class T, class W>
void mean_pool2d(const W& rows, const W& columns, std::int64_t planes, const T* x, T* y) {
  const std::int64_t in = rows.in() * columns.in(), out = rows.out() * columns.out();
  parallel_for_each(planes, in + out, [=](std::int64_t plane) {
    const T* image = x + plane * in;
    T* mean = y + plane * out;
    for (std::int64_t oh = 0; oh < rows.out(); ++oh) {
      const MeanSpan h = rows.span(oh);
      for (std::int64_t ow = 0; ow < columns.out(); ++ow) {
        const MeanSpan w = columns.span(ow);
        double total = 0;
        for (std::int64_t i = h.begin; i < h.end; ++i) {
          for (std::int64_t j = w.begin; j < w.end; ++j) total += image[i * columns.in() + j];
        }
        *mean++ = static_cast<T>(total / static_cast<double>(h.count * w.count));
      }
    }
  });
}

template <class T, class W>
void mean_pool2d_backward(const W& rows, const W& columns, std::int64_t planes, const T* dy,
                          T* dx) {
  const std::int64_t in = rows.in() * columns.in(), out = rows.out() * columns.out();
  parallel_for_each(planes, in + out, [=](std::int64_t plane) {
    T* image = dx + plane * in;
    const T* dmean = dy + plane * out;
    std::fill_n(image, in, T{0});
    for (std::int64_t oh = 0; oh < rows.out(); ++oh) {
      const MeanSpan h = rows.span(oh);
      for (std::int64_t ow = 0; ow < columns.out(); ++ow) {
        const MeanSpan w = columns.span(ow);
        const T share = *dmean++ / static_cast<T>(h.count * w.count);
        for (std::int64_t i = h.begin; i < h.end; ++i) {
          for (std::int64_t j = w.begin; j < w.end; ++j) image[i * columns.in() + j] += share;
        }
      }
    }
  });
}

#define INSTANTIATE(T, W)                                                    \
  template void mean_pool2d(const W&, const W&, std::int64_t, const T*, T*); \
  template void mean_pool2d_backward(const W&, const W&, std::int64_t, const T*, T*);
INSTANTIATE(float, MeanWindow)
INSTANTIATE(double, MeanWindow)
INSTANTIATE(float, AdaptiveWindow)
INSTANTIATE(double, AdaptiveWindow)
#undef INSTANTIATE

}  // namespace engram::kernels
