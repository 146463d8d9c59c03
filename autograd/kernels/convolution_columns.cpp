#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/gemm.h>
#include <engram/autograd/kernels/im2col.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>
#include <type_traits>

// The gradients that are products of columns which are written out (im2col.h), block by block.
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

/// Whether the columns of an image are the image.
bool is_pointwise(const ConvolutionSizes& s) {
  const auto unit = [](const WindowAxis& a) {
    return a.kernel == 1 && a.stride == 1 && a.padding == 0;
  };
  return unit(s.window.height) && unit(s.window.width);
}

/// Blocks whose columns stay in the core's own cache until they are multiplied, but wide enough to
/// pay for packing the weight anew for each.
template <class T>
std::int64_t rows_per_block(const ConvolutionSizes& s) {
  constexpr std::int64_t column_bytes = 256 * 1024, least_positions = 256;
  if (is_pointwise(s)) return s.window.height.out;
  const std::int64_t fitting =
      column_bytes / (std::max<std::int64_t>(1, s.depth()) * static_cast<std::int64_t>(sizeof(T)));
  const std::int64_t rows = std::max(fitting, least_positions) / s.window.width.out;
  return std::clamp<std::int64_t>(rows, 1, s.window.height.out);
}

/// Calls f(block) for all of the work: the parts in parallel, each in the order of its images. The
/// parts depend on the number of threads alone, so the results do.
template <class T, class F>
void for_each_block(const ConvolutionSizes& s, F f) {
  const std::int64_t parts = s.parts(s.images), rows = rows_per_block<T>(s);
  const std::int64_t room = is_pointwise(s) ? 0 : s.depth() * rows * s.window.width.out;
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
  gemm(false, true, s.out_channels, s.depth(), positions(s, b), out, out_distance, columns,
       column_distance, add, dweight, s.depth());
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
void conv2d_input_gradient_by_columns(const ConvolutionSizes& s, const T* dy, const T* weight,
                                      T* dx) {
  for_each_block<T>(s, [&](const Block<T>& b) {
    const auto [out, out_distance] = output_of(s, b, dy);
    T* input = input_of(s, b, dx);
    const auto multiply_to = [&](T* columns) {  // (depth, positions) = weightᵀ·dy
      gemm(true, false, s.depth(), positions(s, b), s.out_channels,
           weight + b.group * s.out_channels * s.depth(), s.depth(), out, out_distance, false,
           columns, positions(s, b));
    };
    if (is_pointwise(s)) return multiply_to(input);
    if (b.begin == 0) std::fill_n(input, s.in_channels * s.window.in_size(), T{0});
    multiply_to(b.columns);
    col2im(s.window, s.in_channels, b.begin, b.end, b.columns, input);
  });
}

template <class T>
void conv2d_weight_gradient(const ConvolutionSizes& s, const T* x, const T* dy, T* dweight) {
  const std::int64_t parts = s.parts(s.images), n = s.weight_size();
  const Scratch<T> others((parts - 1) * n);  // the sums of the parts after the first
  std::fill_n(dweight, n, T{0});
  std::fill_n(others.data(), (parts - 1) * n, T{0});
  for_each_block<T>(s, [&](const Block<T>& b) {
    T* sum = b.part == 0 ? dweight : others.data() + (b.part - 1) * n;
    add_weight_gradient(s, b, x, dy, true, sum + b.group * s.out_channels * s.depth());
  });
  add_parts(parts, n, others.data(), dweight);
}

template <class T>
void conv2d_weight_squares(const ConvolutionSizes& s, const T* x, const T* dy, T* squares) {
  const std::int64_t parts = s.parts(s.images), n = s.weight_size(),
                     group_n = s.out_channels * s.depth();
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

#define INSTANTIATE(T)                                                                             \
  template void conv2d_input_gradient_by_columns(const ConvolutionSizes&, const T*, const T*, T*); \
  template void conv2d_weight_gradient(const ConvolutionSizes&, const T*, const T*, T*);           \
  template void conv2d_weight_squares(const ConvolutionSizes&, const T*, const T*, T*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
