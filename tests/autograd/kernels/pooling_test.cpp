#include <doctest/doctest.h>
#include <engram/autograd/kernels/pooling.h>

#include "../instruction_sets.h"
#include "elements.h"

using namespace engram;
using kernels::WindowAxis;

namespace {

constexpr std::int64_t planes = 3;

/// Calls f(window, element) for the elements of the image in each window of each plane.
template <class F>
void for_windows(const kernels::Window& w, F f) {
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    for (std::int64_t oh = 0; oh < w.height.out; ++oh) {
      for (std::int64_t ow = 0; ow < w.width.out; ++ow) {
        for (std::int64_t kh = 0; kh < w.height.kernel; ++kh) {
          for (std::int64_t kw = 0; kw < w.width.kernel; ++kw) {
            const std::int64_t row = w.height.at(oh, kh), column = w.width.at(ow, kw);
            if (row < 0 || row >= w.height.in || column < 0 || column >= w.width.in) continue;
            f(static_cast<std::size_t>((plane * w.height.out + oh) * w.width.out + ow),
              static_cast<std::size_t>((plane * w.height.in + row) * w.width.in + column));
          }
        }
      }
    }
  }
}

/// The definitions: the largest element of each window, whose dy goes to that element; the sum over
/// each window by the size of the window, with and without its padding, whose dy goes to every
/// element in equal parts.
struct Pooled {
  std::vector<double> max, max_dx, mean, mean_dx;

  Pooled(const kernels::Window& w, const std::vector<double>& x, const std::vector<double>& dy)
      : max(dy.size(), -INFINITY), max_dx(x.size()), mean(dy.size()), mean_dx(x.size()) {
    const auto size = static_cast<double>(w.kernel_size());
    std::vector<std::size_t> largest(dy.size());
    for_windows(w, [&](std::size_t window, std::size_t at) {
      if (x[at] > max[window]) max[window] = x[largest[window] = at];
      mean[window] += x[at] / size;
      mean_dx[at] += dy[window] / size;
    });
    for (std::size_t window = 0; window < dy.size(); ++window) {
      max_dx[largest[window]] += dy[window];
    }
  }
};

WindowAxis axis(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                std::int64_t dilation = 1) {
  return {in,      kernel,   stride,
          padding, dilation, (in + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1};
}

}  // namespace

TEST_CASE_TEMPLATE("pooling: the definitions", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;
  for (const kernels::Window& window : {kernels::Window{axis(1, 1, 1, 0), axis(1, 1, 1, 0)},
                                        {axis(8, 2, 2, 0), axis(38, 2, 2, 0)},
                                        {axis(9, 3, 2, 1), axis(71, 3, 2, 1)},
                                        {axis(7, 3, 1, 1), axis(35, 5, 3, 2)},
                                        {axis(6, 4, 3, 0), axis(5, 1, 1, 0)}}) {
    CAPTURE(window.width.in);
    const std::vector<T> x = normal_elements<T>(planes * window.in_size(), 1);
    const std::vector<T> dy = normal_elements<T>(planes * window.out_size(), 2);
    const Pooled expected(window, as_doubles(x), as_doubles(dy));
    const kernels::MeanWindow rows{window.height, true}, columns{window.width, true};
    for (const auto set : sets()) {
      const Using use(set);
      std::vector<T> y(dy), dx(x);
      kernels::max_pool2d(window, planes, x.data(), y.data());
      CHECK(largest_difference(y, expected.max) == 0);
      kernels::max_pool2d_backward(window, planes, x.data(), dy.data(), dx.data());
      CHECK(largest_difference(dx, expected.max_dx) < tolerance);
      kernels::mean_pool2d(rows, columns, planes, x.data(), y.data());
      CHECK(largest_difference(y, expected.mean) < tolerance);
      kernels::mean_pool2d_backward(rows, columns, planes, dy.data(), dx.data());
      CHECK(largest_difference(dx, expected.mean_dx) < tolerance);
    }
  }
}
