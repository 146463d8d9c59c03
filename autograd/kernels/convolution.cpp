#include <engram/autograd/kernels/columns.h>
#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>

// The forward pass, and the input's gradient as the forward pass of another convolution: products
// of the weight and the columns.
namespace engram::kernels {
namespace {

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
    pack_left(blocks, {weight + group * s.out_channels * s.depth(), s.depth(), 1},
              packed.data() + group * blocks.all_left_room());
  });

  const Columns<T> columns(s);
  const std::int64_t strips = columns.strips(), all_strips = s.images * s.groups * strips;
  const std::int64_t parts = s.parts(all_strips), out_width = s.window.width.out;
  const std::int64_t panel_room = blocks.right_room() + columns.panel_slack();
  const std::int64_t room_of_part = panel_room + columns.padded_room();
  const Scratch<T> room(parts * room_of_part);
  parallel_parts(parts, all_strips, [&](auto part, auto first_strip, auto last_strip) {
    T *panel = room.data() + part * room_of_part, *padded = panel + panel_room;
    for (std::int64_t strip = first_strip; strip < last_strip; ++strip) {
      const std::int64_t image = strip / strips;  // image · groups + group
      const std::int64_t begin = strip % strips * columns.rows();
      const std::int64_t rows = std::min(columns.rows(), s.window.height.out - begin);
      columns.load(x + image * s.in_channels * s.window.in_size(), begin, padded);
      const T* left = packed.data() + image % s.groups * blocks.all_left_room();
      multiply(
          blocks, rows * out_width,
          [&](std::int64_t top, std::int64_t bottom, std::int64_t first, std::int64_t) {
            return left + top * blocks.k + (bottom - top) * first;
          },
          [&](auto j, auto count, auto first, auto depth, auto width, T* to) {
            columns.pack(padded, j, count, first, depth, width, to);
          },
          panel, false, y + image * s.out_channels * s.window.out_size() + begin * out_width,
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
  return parts_of_product(units, out_channels, depth(), images * groups * window.out_size());
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
  conv2d_input_gradient_by_col2im(s, dy, weight, dx);
}

#define INSTANTIATE(T)                                                             \
  template void conv2d(const ConvolutionSizes&, const T*, const T*, const T*, T*); \
  template void conv2d_input_gradient(const ConvolutionSizes&, const T*, const T*, T*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
