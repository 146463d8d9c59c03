#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/gemm.h>
#include <engram/autograd/kernels/im2col.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>
#include <type_traits>

namespace engram::kernels {
namespace {

/// What is computed at once: some rows of the positions of the window, of one group of channels of
/// one image.
template <class T>
struct Block {
  std::int64_t part;  // the share of the images that it belongs to
  std::int64_t image, group;
  std::int64_t begin, end;  // rows
  T* columns;               // room for (depth, positions of these rows)
};

/// The inner size of the products, and the rows of the columns.
std::int64_t depth(const ConvolutionSizes& s) { return s.in_channels * s.window.kernel_size(); }

std::int64_t weight_size(const ConvolutionSizes& s) { return s.groups * s.out_channels * depth(s); }

/// Whether the columns of an image are the image.
bool is_pointwise(const ConvolutionSizes& s) {
  const auto unit = [](const WindowAxis& a) {
    return a.kernel == 1 && a.stride == 1 && a.padding == 0;
  };
  return unit(s.window.height) && unit(s.window.width);
}

/// Into how many shares the images are divided, one a thread: one share when the work is not worth
/// a second thread, or when images are too few.
std::int64_t part_count(const ConvolutionSizes& s) {
  constexpr double multiplications_per_thread = 1 << 18;
  const double multiplications = static_cast<double>(s.images) *
                                 static_cast<double>(weight_size(s)) *
                                 static_cast<double>(s.window.out_size());
  const std::int64_t threads = max_threads();
  const bool shared = multiplications >= 2 * multiplications_per_thread && s.images >= threads;
  return shared ? threads : 1;
}

/// Blocks whose columns stay in the core's own cache until they are multiplied, but wide enough to
/// pay for packing the weight anew for each.
template <class T>
std::int64_t rows_per_block(const ConvolutionSizes& s) {
  constexpr std::int64_t column_bytes = 256 * 1024, least_positions = 256;
  if (is_pointwise(s)) return s.window.height.out;
  const std::int64_t fitting =
      column_bytes / (std::max<std::int64_t>(1, depth(s)) * static_cast<std::int64_t>(sizeof(T)));
  const std::int64_t rows = std::max(fitting, least_positions) / s.window.width.out;
  return std::clamp<std::int64_t>(rows, 1, s.window.height.out);
}

/// Calls f(block) for all of the work: the parts in parallel, each in the order of its images. The
/// parts depend on the number of threads alone, so the results do.
template <class T, class F>
void for_each_block(const ConvolutionSizes& s, F f) {
  const std::int64_t parts = part_count(s), rows = rows_per_block<T>(s);
  const std::int64_t room = is_pointwise(s) ? 0 : depth(s) * rows * s.window.width.out;
  const Scratch<T> columns(parts * room);
  parallel_for(parts, 1, [&](std::int64_t first_part, std::int64_t last_part) {
    for (std::int64_t part = first_part; part < last_part; ++part) {
      const std::int64_t last = s.images * (part + 1) / parts;
      for (std::int64_t image = s.images * part / parts; image < last; ++image) {
        for (std::int64_t group = 0; group < s.groups; ++group) {
          for (std::int64_t row = 0; row < s.window.height.out; row += rows) {
            f(Block<T>{part, image, group, row, std::min(row + rows, s.window.height.out),
                       columns.data() + part * room});
          }
        }
      }
    }
  });
}

/// A matrix that is part of a wider one.
template <class T>
struct Matrix {
  T* data;
  std::int64_t row_distance;
};

/// The part of x that the block's group of channels is.
template <class T>
T* input_of(const ConvolutionSizes& s, const Block<std::remove_const_t<T>>& b, T* x) {
  return x + (b.image * s.groups + b.group) * s.in_channels * s.window.in_size();
}

/// The part of y that the block computes: (out channels, positions).
template <class T>
Matrix<T> output_of(const ConvolutionSizes& s, const Block<std::remove_const_t<T>>& b, T* y) {
  return {y + (b.image * s.groups + b.group) * s.out_channels * s.window.out_size() +
              b.begin * s.window.width.out,
          s.window.out_size()};
}

template <class T>
std::int64_t positions(const ConvolutionSizes& s, const Block<T>& b) {
  return (b.end - b.begin) * s.window.width.out;
}

/// The block's columns (depth, positions) of x.
template <class T>
Matrix<const T> columns_of(const ConvolutionSizes& s, const Block<T>& b, const T* x) {
  const T* input = input_of(s, b, x);
  if (is_pointwise(s)) return {input, s.window.in_size()};
  im2col(s.window, s.in_channels, b.begin, b.end, input, b.columns);
  return {b.columns, positions(s, b)};
}

/// dweight (out channels, depth) = dy·columnsᵀ, added to dweight if `add`
template <class T>
void add_weight_gradient(const ConvolutionSizes& s, const Block<T>& b, const T* x, const T* dy,
                         bool add, T* dweight) {
  const auto [columns, column_distance] = columns_of(s, b, x);
  const auto [out, out_distance] = output_of(s, b, dy);
  gemm(false, true, s.out_channels, depth(s), positions(s, b), out, out_distance, columns,
       column_distance, add, dweight, depth(s));
}

/// sums[i] += the sum over the other parts, in order.
template <class T>
void add_parts(std::int64_t parts, std::int64_t n, const T* others, T* sums) {
  parallel_for(n, elementwise_grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = 0; part < parts - 1; ++part) {
      for (std::int64_t i = begin; i < end; ++i) sums[i] += others[part * n + i];
    }
  });
}

}  // namespace

template <class T>
void conv2d(const ConvolutionSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  for_each_block<T>(s, [&](const Block<T>& b) {
    const auto [columns, column_distance] = columns_of(s, b, x);
    const auto [out, out_distance] = output_of(s, b, y);
    const std::int64_t first_channel = b.group * s.out_channels, n = positions(s, b);
    if (bias) {
      for (std::int64_t channel = 0; channel < s.out_channels; ++channel) {
        std::fill_n(out + channel * out_distance, n, bias[first_channel + channel]);
      }
    }
    gemm(false, false, s.out_channels, n, depth(s), weight + first_channel * depth(s), depth(s),
         columns, column_distance, bias != nullptr, out, out_distance);
  });
}

template <class T>
void conv2d_input_gradient(const ConvolutionSizes& s, const T* dy, const T* weight, T* dx) {
  for_each_block<T>(s, [&](const Block<T>& b) {
    const auto [out, out_distance] = output_of(s, b, dy);
    const T* group_weight = weight + b.group * s.out_channels * depth(s);
    T* input = input_of(s, b, dx);
    const auto multiply = [&](T* columns) {  // (depth, positions) = weightᵀ·dy
      gemm(true, false, depth(s), positions(s, b), s.out_channels, group_weight, depth(s), out,
           out_distance, false, columns, positions(s, b));
    };
    if (is_pointwise(s)) return multiply(input);
    if (b.begin == 0) std::fill_n(input, s.in_channels * s.window.in_size(), T{0});
    multiply(b.columns);
    col2im(s.window, s.in_channels, b.begin, b.end, b.columns, input);
  });
}

template <class T>
void conv2d_weight_gradient(const ConvolutionSizes& s, const T* x, const T* dy, T* dweight) {
  const std::int64_t parts = part_count(s), n = weight_size(s);
  const Scratch<T> others((parts - 1) * n);  // the sums of the parts after the first
  std::fill_n(dweight, n, T{0});
  std::fill_n(others.data(), (parts - 1) * n, T{0});
  for_each_block<T>(s, [&](const Block<T>& b) {
    T* sum = b.part == 0 ? dweight : others.data() + (b.part - 1) * n;
    add_weight_gradient(s, b, x, dy, true, sum + b.group * s.out_channels * depth(s));
  });
  add_parts(parts, n, others.data(), dweight);
}

template <class T>
void conv2d_weight_squares(const ConvolutionSizes& s, const T* x, const T* dy, T* squares) {
  const std::int64_t parts = part_count(s), n = weight_size(s), group_n = s.out_channels * depth(s);
  const Scratch<T> others((parts - 1) * n), own(parts * group_n);
  std::fill_n(squares, n, T{0});
  std::fill_n(others.data(), (parts - 1) * n, T{0});
  for_each_block<T>(s, [&](const Block<T>& b) {
    T* image_gradient = own.data() + b.part * group_n;
    add_weight_gradient(s, b, x, dy, b.begin > 0, image_gradient);
    if (b.end < s.window.height.out) return;
    T* sum = (b.part == 0 ? squares : others.data() + (b.part - 1) * n) + b.group * group_n;
    for (std::int64_t i = 0; i < group_n; ++i) sum[i] += image_gradient[i] * image_gradient[i];
  });
  add_parts(parts, n, others.data(), squares);
}

#define INSTANTIATE(T)                                                                   \
  template void conv2d(const ConvolutionSizes&, const T*, const T*, const T*, T*);       \
  template void conv2d_input_gradient(const ConvolutionSizes&, const T*, const T*, T*);  \
  template void conv2d_weight_gradient(const ConvolutionSizes&, const T*, const T*, T*); \
  template void conv2d_weight_squares(const ConvolutionSizes&, const T*, const T*, T*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
