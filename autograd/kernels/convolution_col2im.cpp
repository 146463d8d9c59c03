#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/gemm.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>

// The input's gradient for any sizes: the gradient of the columns is weightᵀ·dy, and each of its
// elements is added to the element of dx from which it was taken in x.
namespace engram::kernels {
namespace {

/// Adds columns (channels · kernel height · kernel width, positions) of the rows [begin, end) of
/// positions to x (channels, in height, in width).
template <class T>
void col2im(const Window& window, std::int64_t channels, std::int64_t begin, std::int64_t end,
            const T* columns, T* x) {
  const WindowAxis h = window.height, w = window.width;
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    T* image = x + channel * h.in * w.in;
    for (std::int64_t kh = 0; kh < h.kernel; ++kh) {
      for (std::int64_t kw = 0; kw < w.kernel; ++kw) {
        const auto inside = w.inside(kw);
        for (std::int64_t oh = begin; oh < end; ++oh, columns += w.out) {
          const std::int64_t ih = h.at(oh, kh);
          if (ih < 0 || ih >= h.in) continue;
          T* row = image + ih * w.in + w.at(0, kw);
          if (w.stride == 1) {
            for (std::int64_t o = inside.begin; o < inside.end; ++o) row[o] += columns[o];
          } else {
            for (std::int64_t o = inside.begin; o < inside.end; ++o)
              row[o * w.stride] += columns[o];
          }
        }
      }
    }
  }
}

/// The number of rows of positions whose columns stay in the L2 cache, but enough of them to
/// amortize packing the weight again.
template <class T>
std::int64_t rows_per_block(const ConvolutionSizes& s) {
  constexpr std::int64_t column_bytes = 256 * 1024, fewest_positions = 256;
  const std::int64_t fitting =
      column_bytes / (std::max<std::int64_t>(1, s.depth()) * std::int64_t{sizeof(T)});
  const std::int64_t rows = std::max(fitting, fewest_positions) / s.window.width.out;
  return std::clamp<std::int64_t>(rows, 1, s.window.height.out);
}

}  // namespace

template <class T>
void conv2d_input_gradient_by_col2im(const ConvolutionSizes& s, const T* dy, const T* weight,
                                     T* dx) {
  // With fewer images than threads the products use all threads instead.
  const std::int64_t parts = s.images < max_threads() ? 1 : s.parts(s.images);
  const std::int64_t rows = rows_per_block<T>(s);
  const std::int64_t out_width = s.window.width.out, out_size = s.window.out_size();
  const std::int64_t capacity = s.depth() * rows * out_width;
  const Scratch<T> all_columns(parts * capacity);
  parallel_parts(parts, s.images, [&](auto part, auto first, auto last) {
    T* columns = all_columns.data() + part * capacity;
    for (std::int64_t image = first * s.groups; image < last * s.groups; ++image) {
      const T* own_weight = weight + image % s.groups * s.out_channels * s.depth();
      T* own_dx = dx + image * s.in_channels * s.window.in_size();
      std::fill_n(own_dx, s.in_channels * s.window.in_size(), T{0});
      for (std::int64_t begin = 0; begin < s.window.height.out; begin += rows) {
        const std::int64_t end = std::min(begin + rows, s.window.height.out);
        const std::int64_t positions = (end - begin) * out_width;
        gemm<T>({.m = s.depth(),
                 .n = positions,
                 .k = s.out_channels,
                 .a = {own_weight, s.depth(), true},
                 .b = {dy + image * s.out_channels * out_size + begin * out_width, out_size},
                 .c = {columns, positions}});
        col2im(s.window, s.in_channels, begin, end, columns, own_dx);
      }
    }
  });
}

template void conv2d_input_gradient_by_col2im(const ConvolutionSizes&, const float*, const float*,
                                              float*);
template void conv2d_input_gradient_by_col2im(const ConvolutionSizes&, const double*, const double*,
                                              double*);

}  // namespace engram::kernels
