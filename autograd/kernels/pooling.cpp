#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/pooling.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>
#include <limits>

namespace engram::kernels {

namespace {

/// What is the same for all planes: for each window where it starts, which may be in the padding,
/// and the first element of the image that it sees.
struct Starts {
  explicit Starts(const Window& window) : corner(window.out_size()), first(window.out_size()) {
    const WindowAxis h = window.height, w = window.width;
    for (std::int64_t oh = 0, o = 0; oh < h.out; ++oh) {
      for (std::int64_t ow = 0; ow < w.out; ++ow, ++o) {
        const std::int64_t row = h.at(oh, h.taps(oh).begin), column = w.at(ow, w.taps(ow).begin);
        corner.data()[o] = static_cast<std::int32_t>(h.at(oh, 0) * w.in + w.at(ow, 0));
        first.data()[o] = static_cast<std::int32_t>(row * w.in + column);
      }
    }
  }
  Scratch<std::int32_t> corner, first;
};

/// What element (kh, kw) of each window sees, -∞ in the padding.
template <class T>
void values_of_tap(const Window& window, std::int64_t kh, std::int64_t kw, const T* image,
                   T* values) {
  const WindowAxis h = window.height, w = window.width;
  const auto rows = h.inside(kh), columns = w.inside(kw);
  if (rows.end - rows.begin < h.out || columns.end - columns.begin < w.out) {
    std::fill_n(values, window.out_size(), -std::numeric_limits<T>::infinity());
  }
  for (std::int64_t oh = rows.begin; oh < rows.end; ++oh) {
    const T* row = image + h.at(oh, kh) * w.in + w.at(0, kw);
    T* to = values + oh * w.out;
    for (std::int64_t ow = columns.begin; ow < columns.end; ++ow) to[ow] = row[ow * w.stride];
  }
}

}  // namespace

template <class T>
void max_pool2d(const Window& window, std::int64_t planes, const T* x, T* y,
                std::int64_t* positions) {
  const std::int64_t n = window.out_size();
  const bool worth_threads = planes * window.in_size() >= 2 * elementwise_grain;
  const std::int64_t parts = worth_threads ? std::min(planes, max_threads()) : 1;
  const Starts starts(window);
  const Scratch<T> values(parts * n);
  const Scratch<std::int32_t> best(parts * n);
  parallel_parts(parts, planes, [&](auto part, auto begin, auto end) {
    T* value = values.data() + part * n;
    std::int32_t* at = best.data() + part * n;
    const std::int32_t *corner = starts.corner.data(), *first = starts.first.data();
    for (std::int64_t plane = begin; plane < end; ++plane) {
      const T* image = x + plane * window.in_size();
      T* largest = y + plane * n;
      for (std::int64_t o = 0; o < n; ++o) {
        at[o] = first[o];
        largest[o] = image[first[o]];
      }
      // All windows at once, element after element. Which is larger cannot be foreseen: a
      // branch would be mispredicted every other time.
      for (std::int64_t kh = 0; kh < window.height.kernel; ++kh) {
        for (std::int64_t kw = 0; kw < window.width.kernel; ++kw) {
          values_of_tap(window, kh, kw, image, value);
          const auto tap = static_cast<std::int32_t>(kh * window.height.dilation * window.width.in +
                                                     kw * window.width.dilation);
          for (std::int64_t o = 0; o < n; ++o) {
            const bool larger = (value[o] > largest[o]) | (value[o] != value[o]);
            at[o] = larger ? corner[o] + tap : at[o];
            largest[o] = larger ? value[o] : largest[o];
          }
        }
      }
      std::copy_n(at, n, positions + plane * n);
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
