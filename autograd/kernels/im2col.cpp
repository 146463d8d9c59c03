#include <engram/autograd/kernels/im2col.h>
#include <engram/autograd/kernels/parallel.h>

#include <algorithm>

namespace engram::kernels {

template <class T>
void im2col(const Window& window, std::int64_t channels, std::int64_t begin, std::int64_t end,
            const T* x, T* columns) {
  const WindowAxis h = window.height, w = window.width;
  const std::int64_t positions = (end - begin) * w.out;
  parallel_for_each(channels, window.kernel_size() * positions, [=](std::int64_t channel) {
    const T* image = x + channel * h.in * w.in;
    T* out = columns + channel * h.kernel * w.kernel * positions;
    for (std::int64_t kh = 0; kh < h.kernel; ++kh) {
      for (std::int64_t kw = 0; kw < w.kernel; ++kw) {
        const auto inside = w.inside(kw);
        for (std::int64_t oh = begin; oh < end; ++oh, out += w.out) {
          const std::int64_t ih = h.at(oh, kh);
          if (ih < 0 || ih >= h.in) {
            std::fill(out, out + w.out, T{0});
            continue;
          }
          const T* row = image + ih * w.in + w.at(0, kw);
          std::fill(out, out + inside.begin, T{0});
          if (w.stride == 1) {
            std::copy(row + inside.begin, row + inside.end, out + inside.begin);
          } else {
            for (std::int64_t o = inside.begin; o < inside.end; ++o) out[o] = row[o * w.stride];
          }
          std::fill(out + inside.end, out + w.out, T{0});
        }
      }
    }
  });
}

template <class T>
void col2im(const Window& window, std::int64_t channels, std::int64_t begin, std::int64_t end,
            const T* columns, T* x) {
  const WindowAxis h = window.height, w = window.width;
  const std::int64_t positions = (end - begin) * w.out;
  parallel_for_each(channels, window.kernel_size() * positions, [=](std::int64_t channel) {
    T* image = x + channel * h.in * w.in;
    const T* in = columns + channel * h.kernel * w.kernel * positions;
    for (std::int64_t kh = 0; kh < h.kernel; ++kh) {
      for (std::int64_t kw = 0; kw < w.kernel; ++kw) {
        const auto inside = w.inside(kw);
        for (std::int64_t oh = begin; oh < end; ++oh, in += w.out) {
          const std::int64_t ih = h.at(oh, kh);
          if (ih < 0 || ih >= h.in) continue;
          T* row = image + ih * w.in + w.at(0, kw);
          if (w.stride == 1) {
            for (std::int64_t o = inside.begin; o < inside.end; ++o) row[o] += in[o];
          } else {
            for (std::int64_t o = inside.begin; o < inside.end; ++o) row[o * w.stride] += in[o];
          }
        }
      }
    }
  });
}

#define INSTANTIATE(T)                                                                         \
  template void im2col(const Window&, std::int64_t, std::int64_t, std::int64_t, const T*, T*); \
  template void col2im(const Window&, std::int64_t, std::int64_t, std::int64_t, const T*, T*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
