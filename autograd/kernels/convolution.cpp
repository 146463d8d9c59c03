#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/padded_rows.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>
#include <cstring>

// The forward pass, and the input's gradient as the forward pass of another convolution: products
// whose right operand, the columns, is never written out but packed straight from the image.
namespace engram::kernels {
namespace {

/// Positions of the window that lie side by side in padded rows.
struct Run {
  std::int64_t from, to, length;  // where they start in the rows and in the panel
};

/// The columns of some rows of an image, packed for the tiles straight from a padded copy.
template <class T>
struct Columns {
  std::int64_t out_width;
  PaddedRows layout;
  const T* padded;           // (channels, layout's size)
  const std::int64_t* taps;  // where each row of the columns starts, (depth)

  /// Positions [j, j + columns) of rows [first, first + depth), as (depth, width).
  void pack(std::int64_t j, std::int64_t columns, std::int64_t first, std::int64_t depth,
            std::int64_t width, T* to) const {
    Run runs[2 * spoiled<T>];
    int count = 0;
    for (std::int64_t at = 0; at < columns; at += runs[count++].length) {
      const std::int64_t row = (j + at) / out_width, ow = (j + at) % out_width;
      runs[count] = {layout.position(row, ow), at, std::min(out_width - ow, columns - at)};
    }
    for (std::int64_t d = first; d < first + depth; ++d, to += width) {
      const T* source = padded + taps[d];
      for (int r = 0; r < count; ++r) {
        const Run& run = runs[r];
        // Whole vectors: what is too much is overwritten by the next run, or by the next row.
        for (std::int64_t q = 0; q < run.length; q += spoiled<T>) {
          std::memcpy(to + run.to + q, source + run.from + q, spoiled<T> * sizeof(T));
        }
      }
    }
  }
};

/// How many rows of positions are worked on together: as many as keep their padded rows in the
/// second cache, but enough strips for the threads.
template <class T>
std::int64_t rows_per_strip(const ConvolutionSizes& s) {
  constexpr std::int64_t cache_bytes = 512 * 1024;
  const WindowAxis h = s.window.height, w = s.window.width;
  const std::int64_t row_bytes =
      s.in_channels * (w.in + 2 * std::max<std::int64_t>(0, w.padding)) * std::int64_t{sizeof(T)};
  const std::int64_t fitting = (cache_bytes / row_bytes - (h.kernel - 1) * h.dilation) / h.stride;
  const std::int64_t shared = h.out * s.images * s.groups / (2 * max_threads()) + 1;
  return std::clamp<std::int64_t>(std::min(fitting, shared), 1, h.out);
}

/// y = x convolved with the weight: a product for each strip of rows of positions, of which the
/// threads take their shares.
template <class T>
void forward(const ConvolutionSizes& s, const T* x, const T* weight, T* y) {
  if (s.depth() == 0) {  // an empty sum is 0
    std::fill_n(y, s.images * s.groups * s.out_channels * s.window.out_size(), T{0});
    return;
  }
  const ProductBlocks<T> blocks{&tiles<T>(), s.out_channels, s.depth()};
  const Scratch<T> packed(s.groups * blocks.all_left_room());
  parallel_for_each(s.groups, s.out_channels * s.depth(), [&](std::int64_t group) {
    pack_left(blocks, weight + group * s.out_channels * s.depth(),
              packed.data() + group * blocks.all_left_room());
  });

  const std::int64_t rows = rows_per_strip<T>(s), out_height = s.window.height.out;
  const PaddedRows layout(s.window, rows);
  const Scratch<std::int64_t> taps(s.depth());
  for (std::int64_t d = 0; d < s.depth(); ++d) {
    const std::int64_t kernel = s.window.kernel_size(), kw = s.window.width.kernel;
    taps.data()[d] = d / kernel * layout.size() + layout.tap(d % kernel / kw, d % kw);
  }

  const std::int64_t strips = (out_height + rows - 1) / rows;
  const std::int64_t all_strips = s.images * s.groups * strips;
  const std::int64_t parts = s.parts(all_strips);
  const std::int64_t room_of_part =
      blocks.right_room() + s.in_channels * layout.size() + spoiled<T>;
  const Scratch<T> room(parts * room_of_part);
  parallel_for_each(parts, elementwise_grain, [&](std::int64_t part) {
    T* panel = room.data() + part * room_of_part;
    T* padded = panel + blocks.right_room();
    const Columns<T> columns{s.window.width.out, layout, padded, taps.data()};
    const std::int64_t last = all_strips * (part + 1) / parts;
    for (std::int64_t strip = all_strips * part / parts; strip < last; ++strip) {
      const std::int64_t image = strip / strips;  // image · groups + group
      const std::int64_t begin = strip % strips * rows, end = std::min(begin + rows, out_height);
      for (std::int64_t c = 0; c < s.in_channels; ++c) {
        layout.copy(x + (image * s.in_channels + c) * s.window.in_size(), begin,
                    padded + c * layout.size());
      }
      const T* left = packed.data() + image % s.groups * blocks.all_left_room();
      multiply(
          blocks, (end - begin) * s.window.width.out,
          [&](std::int64_t top, std::int64_t bottom, std::int64_t first, std::int64_t) {
            return left + top * blocks.k + (bottom - top) * first;
          },
          [&](auto j, auto count, auto first, auto some, auto width, T* to) {
            columns.pack(j, count, first, some, width, to);
          },
          panel, false,
          y + image * s.out_channels * s.window.out_size() + begin * s.window.width.out,
          s.window.out_size());
    }
  });
}

/// y (images, groups · out channels, positions) += bias (groups · out channels)
template <class T>
void add_bias(const ConvolutionSizes& s, const T* bias, T* y) {
  const std::int64_t channels = s.groups * s.out_channels, n = s.window.out_size();
  parallel_for_each(s.images * channels, n, [=](std::int64_t plane) {
    const T value = bias[plane % channels];
    for (T *at = y + plane * n, *end = at + n; at < end; ++at) *at += value;
  });
}

/// The convolution that takes dy to dx, for strides of 1: each axis of the image is as long again.
ConvolutionSizes transposed(const ConvolutionSizes& s) {
  const auto axis = [](const WindowAxis& a) {
    return WindowAxis{.in = a.out,
                      .kernel = a.kernel,
                      .stride = 1,
                      .padding = a.dilation * (a.kernel - 1) - a.padding,
                      .dilation = a.dilation,
                      .out = a.in};
  };
  return {s.images,
          s.groups,
          s.out_channels,
          s.in_channels,
          {axis(s.window.height), axis(s.window.width)}};
}

/// The weight for `transposed`: (groups · in channels, out channels, kernel), the kernel turned by
/// half a turn.
template <class T>
void turn(const ConvolutionSizes& s, const T* weight, T* turned) {
  const std::int64_t kernel = s.window.kernel_size();
  parallel_for_each(s.groups * s.out_channels, s.depth(), [=](std::int64_t plane) {
    const std::int64_t group = plane / s.out_channels, out = plane % s.out_channels;
    for (std::int64_t in = 0; in < s.in_channels; ++in) {
      const T* from = weight + (plane * s.in_channels + in) * kernel;
      T* to = turned + ((group * s.in_channels + in) * s.out_channels + out) * kernel;
      std::reverse_copy(from, from + kernel, to);
    }
  });
}

}  // namespace

std::int64_t ConvolutionSizes::parts(std::int64_t units) const {
  constexpr double multiplications_per_thread = 1 << 18;
  const double multiplications = static_cast<double>(images) * static_cast<double>(weight_size()) *
                                 static_cast<double>(window.out_size());
  const std::int64_t threads = max_threads();
  const bool shared = multiplications >= 2 * multiplications_per_thread && units >= threads;
  return shared ? threads : 1;
}

template <class T>
void conv2d(const ConvolutionSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  forward(s, x, weight, y);
  if (bias) add_bias(s, bias, y);
}

template <class T>
void conv2d_input_gradient(const ConvolutionSizes& s, const T* dy, const T* weight, T* dx) {
  const WindowAxis h = s.window.height, w = s.window.width;
  constexpr std::int64_t worth_packing = 48;  // channels that share what is packed of dy
  if (h.stride == 1 && w.stride == 1 && s.in_channels >= worth_packing) {
    // Each element of x was seen through the kernel's elements in turn: dx is dy, convolved with
    // the kernel turned by half a turn.
    const Scratch<T> turned(s.weight_size());
    turn(s, weight, turned.data());
    return forward(transposed(s), dy, turned.data(), dx);
  }
  conv2d_input_gradient_by_columns(s, dy, weight, dx);
}

#define INSTANTIATE(T)                                                             \
  template void conv2d(const ConvolutionSizes&, const T*, const T*, const T*, T*); \
  template void conv2d_input_gradient(const ConvolutionSizes&, const T*, const T*, T*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
