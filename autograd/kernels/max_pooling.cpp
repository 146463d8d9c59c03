#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/pooling.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>
#include <limits>

namespace engram::kernels {
namespace {

/// Whether `candidate` replaces the largest so far; NaN always does. With |, not ||: a branch would
/// be mispredicted every other time.
template <class T>
bool exceeds(T candidate, T largest) {
  return (candidate > largest) | (candidate != candidate);
}

/// Whether the windows are pairs without overlap, all inside of the image.
bool halves(const WindowAxis& a) {
  return a.kernel == 2 && a.stride == 2 && a.dilation == 1 && a.padding == 0 && 2 * a.out <= a.in;
}

bool in_quarters(const Window& window) { return halves(window.height) && halves(window.width); }

/// The number of parts, one a thread, into which the planes are divided.
std::int64_t parts_of(const Window& window, std::int64_t planes) {
  const bool worth_threads = planes * window.in_size() >= 2 * elementwise_grain;
  return worth_threads ? std::min(planes, max_threads()) : 1;
}

/// Calls f(part, plane) for each plane.
template <class F>
void for_each_plane(std::int64_t parts, std::int64_t planes, F f) {
  parallel_parts(parts, planes, [=](auto part, auto begin, auto end) {
    for (std::int64_t plane = begin; plane < end; ++plane) f(part, plane);
  });
}

/// For each window, the positions, equal in all planes, of its first element, which may be in the
/// padding, and of its first element inside the image.
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

/// Element (kh, kw) of each window; -∞ in the padding.
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

/// Elements of working memory for a plane, for both algorithms below.
std::int64_t capacity(const Window& window) { return 4 * window.out_size(); }

/// For 2 × 2 windows without overlap: the rows of their upper halves, concatenated, then those of
/// their lower halves. This makes the loops long: most images are narrower than a few vectors.
template <class T>
void part_halves(const Window& window, const T* image, T* upper) {
  const std::int64_t width = window.width.in, seen = 2 * window.width.out;
  T* lower = upper + 2 * window.out_size();
  for (std::int64_t oh = 0; oh < window.height.out; ++oh, image += 2 * width) {
    std::copy_n(image, seen, upper + oh * seen);
    std::copy_n(image + width, seen, lower + oh * seen);
  }
}

template <class T>
void largest_in_quarters(const Window& window, const T* image, T* upper, T* y) {
  part_halves(window, image, upper);
  const T* lower = upper + 2 * window.out_size();
  for (std::int64_t o = 0; o < window.out_size(); ++o) {
    const T a = upper[2 * o], b = upper[2 * o + 1], c = lower[2 * o], d = lower[2 * o + 1];
    const T of_two = exceeds(b, a) ? b : a, of_three = exceeds(c, of_two) ? c : of_two;
    y[o] = exceeds(d, of_three) ? d : of_three;
  }
}

/// All windows at once, one element of the windows after the other.
template <class T>
void largest_tap_by_tap(const Window& window, const T* image, T* value, T* y) {
  const std::int64_t n = window.out_size();
  std::fill_n(y, n, -std::numeric_limits<T>::infinity());
  for (std::int64_t kh = 0; kh < window.height.kernel; ++kh) {
    for (std::int64_t kw = 0; kw < window.width.kernel; ++kw) {
      values_of_tap(window, kh, kw, image, value);
      for (std::int64_t o = 0; o < n; ++o) y[o] = exceeds(value[o], y[o]) ? value[o] : y[o];
    }
  }
}

/// The positions of the largest elements, plane by plane.
template <class T>
class LargestPositions {
 public:
  LargestPositions(const Window& window, std::int64_t parts)
      : window_(window),
        starts_(window),
        values_(parts * capacity(window)),
        positions_(parts * window.out_size()) {}

  /// The position for each window of an image, in memory of the part.
  const std::int32_t* find(std::int64_t part, const T* image) const {
    const std::int64_t n = window_.out_size();
    T* values = values_.data() + part * capacity(window_);
    std::int32_t* at = positions_.data() + part * n;
    if (in_quarters(window_)) {
      find_in_quarters(image, values, at);
    } else {
      find_tap_by_tap(image, values, values + n, at);
    }
    return at;
  }

 private:
  void find_tap_by_tap(const T* image, T* value, T* largest, std::int32_t* at) const {
    const std::int64_t n = window_.out_size();
    const std::int32_t *corner = starts_.corner.data(), *first = starts_.first.data();
    for (std::int64_t o = 0; o < n; ++o) {
      at[o] = first[o];
      largest[o] = image[first[o]];
    }
    const WindowAxis h = window_.height, w = window_.width;
    for (std::int64_t kh = 0; kh < h.kernel; ++kh) {
      for (std::int64_t kw = 0; kw < w.kernel; ++kw) {
        values_of_tap(window_, kh, kw, image, value);
        const auto tap = static_cast<std::int32_t>(kh * h.dilation * w.in + kw * w.dilation);
        for (std::int64_t o = 0; o < n; ++o) {
          const bool larger = exceeds(value[o], largest[o]);
          at[o] = larger ? corner[o] + tap : at[o];
          largest[o] = larger ? value[o] : largest[o];
        }
      }
    }
  }

  void find_in_quarters(const T* image, T* upper, std::int32_t* at) const {
    part_halves(window_, image, upper);
    const T* lower = upper + 2 * window_.out_size();
    const std::int32_t* corner = starts_.corner.data();
    const auto below = static_cast<std::int32_t>(window_.width.in);
    for (std::int64_t o = 0; o < window_.out_size(); ++o) {
      const T a = upper[2 * o], b = upper[2 * o + 1], c = lower[2 * o], d = lower[2 * o + 1];
      const T of_two = exceeds(b, a) ? b : a, of_three = exceeds(c, of_two) ? c : of_two;
      std::int32_t tap = exceeds(b, a) ? 1 : 0;
      tap = exceeds(c, of_two) ? below : tap;
      tap = exceeds(d, of_three) ? below + 1 : tap;
      at[o] = corner[o] + tap;
    }
  }

  Window window_;
  Starts starts_;
  Scratch<T> values_;
  Scratch<std::int32_t> positions_;
};

}  // namespace

template <class T>
void max_pool2d(const Window& window, std::int64_t planes, const T* x, T* y) {
  const std::int64_t parts = parts_of(window, planes);
  const Scratch<T> values(parts * capacity(window));
  for_each_plane(parts, planes, [=, &window, values = values.data()](auto part, auto plane) {
    const T* image = x + plane * window.in_size();
    T *own_values = values + part * capacity(window), *own_y = y + plane * window.out_size();
    if (in_quarters(window)) {
      largest_in_quarters(window, image, own_values, own_y);
    } else {
      largest_tap_by_tap(window, image, own_values, own_y);
    }
  });
}

template <class T>
void max_pool2d_backward(const Window& window, std::int64_t planes, const T* x, const T* dy,
                         T* dx) {
  const std::int64_t in = window.in_size(), out = window.out_size();
  const std::int64_t parts = parts_of(window, planes);
  const LargestPositions<T> largest(window, parts);
  for_each_plane(parts, planes, [=, &largest](std::int64_t part, std::int64_t plane) {
    const std::int32_t* at = largest.find(part, x + plane * in);
    T* image = dx + plane * in;
    std::fill_n(image, in, T{0});
    for (std::int64_t o = 0; o < out; ++o) image[at[o]] += dy[plane * out + o];
  });
}

template <class T>
void max_pool2d_positions(const Window& window, std::int64_t planes, const T* x,
                          std::int64_t* positions) {
  const std::int64_t parts = parts_of(window, planes);
  const LargestPositions<T> largest(window, parts);
  for_each_plane(parts, planes, [=, &window, &largest](std::int64_t part, std::int64_t plane) {
    const std::int32_t* at = largest.find(part, x + plane * window.in_size());
    std::copy_n(at, window.out_size(), positions + plane * window.out_size());
  });
}

#define INSTANTIATE(T)                                                                    \
  template void max_pool2d(const Window&, std::int64_t, const T*, T*);                    \
  template void max_pool2d_backward(const Window&, std::int64_t, const T*, const T*, T*); \
  template void max_pool2d_positions(const Window&, std::int64_t, const T*, std::int64_t*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
