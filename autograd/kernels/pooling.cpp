#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/pooling.h>

#include <algorithm>

namespace engram::kernels {

template <class T>
void max_pool2d(const Window& window, std::int64_t planes, const T* x, T* y,
                std::int64_t* positions) {
  const WindowAxis h = window.height, w = window.width;
  parallel_for_each(planes, window.out_size() * window.kernel_size(), [=](std::int64_t plane) {
    const T* image = x + plane * h.in * w.in;
    for (std::int64_t oh = 0; oh < h.out; ++oh) {
      // A row of windows at a time, tap after tap. Which element is larger cannot be foreseen, so
      // its index is chosen by arithmetic: a branch would be mispredicted every other time.
      T* largest = y + (plane * h.out + oh) * w.out;
      std::int64_t* best = positions + (plane * h.out + oh) * w.out;
      const auto rows = h.taps(oh);
      for (std::int64_t ow = 0; ow < w.out; ++ow) {
        best[ow] = h.at(oh, rows.begin) * w.in + w.at(ow, w.taps(ow).begin);
        largest[ow] = image[best[ow]];
      }
      for (std::int64_t kh = rows.begin; kh < rows.end; ++kh) {
        for (std::int64_t kw = 0; kw < w.kernel; ++kw) {
          const auto inside = w.inside(kw);
          const std::int64_t first = h.at(oh, kh) * w.in + w.at(0, kw);
          for (std::int64_t ow = inside.begin; ow < inside.end; ++ow) {
            const std::int64_t i = first + ow * w.stride;
            const T value = image[i];
            const bool larger = (value > largest[ow]) | (value != value);
            best[ow] += (i - best[ow]) & -static_cast<std::int64_t>(larger);
            largest[ow] = image[best[ow]];
          }
        }
      }
    }
  });
}

template <class T>
void scatter_positions(std::int64_t planes, std::int64_t in, std::int64_t out, const T* y,
                       const std::int64_t* positions, T* x) {
  parallel_for_each(planes, in + out, [=](std::int64_t plane) {
    T* image = x + plane * in;
    std::fill_n(image, in, T{0});
    for (std::int64_t o = plane * out; o < (plane + 1) * out; ++o) image[positions[o]] += y[o];
  });
}

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

#define INSTANTIATE_MEAN(T, W)                                               \
  template void mean_pool2d(const W&, const W&, std::int64_t, const T*, T*); \
  template void mean_pool2d_backward(const W&, const W&, std::int64_t, const T*, T*);
#define INSTANTIATE(T)                                                                \
  template void max_pool2d(const Window&, std::int64_t, const T*, T*, std::int64_t*); \
  template void scatter_positions(std::int64_t, std::int64_t, std::int64_t, const T*, \
                                  const std::int64_t*, T*);                           \
  INSTANTIATE_MEAN(T, MeanWindow)                                                     \
  INSTANTIATE_MEAN(T, AdaptiveWindow)
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE
#undef INSTANTIATE_MEAN

}  // namespace engram::kernels
