#include <engram/autograd/kernels/columns.h>
#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>
#include <engram/autograd/kernels/tile_shape.h>

#include <algorithm>

// The forward pass, and the input's gradient as the forward pass of another convolution: products
// of the weight and the columns.
namespace engram::kernels {
namespace {

/// Where the positions of a strip go, which lie in vectors in its padded rows, with gaps between
/// the rows.
template <class T>
class Landings {
 public:
  Landings(const ConvolutionSizes& s, const Columns<T>& columns)
      : width_(s.window.width.out),
        pitch_(columns.pitch()),
        lanes_(tiles<T>().lanes),
        landings_(count(columns.rows())) {
    for (std::int64_t v = 0; v < count(columns.rows()); ++v) landings_.data()[v] = landing(v);
  }

  /// Vectors that the rows fill.
  std::int64_t count(std::int64_t rows) const {
    return ((rows - 1) * pitch_ + width_ + lanes_ - 1) / lanes_;
  }
  const Landing<T>* operator[](std::int64_t vector) const { return landings_.data() + vector; }

 private:
  Landing<T> landing(std::int64_t vector) const {
    const std::int64_t first = vector * lanes_;
    Landing<T> landing{first / pitch_ * width_ + std::min(first % pitch_, width_), 0, {}};
    for (std::int64_t lane = 0; lane < lanes_; ++lane) {
      if ((first + lane) % pitch_ < width_) {
        landing.lanes[landing.count++] = static_cast<Lane<T>>(lane);
      }
    }
    return landing;
  }

  std::int64_t width_, pitch_, lanes_;
  Scratch<Landing<T>> landings_;
};

/// y = x convolved with the weight, plus bias if there is one. Sums for some channels at some
/// vectors of positions stay in registers over the whole depth, while the weight's tile and the
/// strip's padded rows stay in the second cache:
///
///     for each strip                     the threads take their shares
///       for each tile of channels
///         for each few vectors of positions
///           for each element of the depth
template <class T>
void forward(const ConvolutionSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  const Tiles<T>& tile = tiles<T>();
  const std::int64_t depth = s.depth(), channels = s.out_channels;
  if (channels == 0) return;
  const Columns<T> columns(s);
  const Landings<T> landings(s, columns);
  const TileShape shape = tile_shape<T>(channels, landings.count(columns.rows()));
  const std::int64_t packed_room = channels * depth + slack<T>;  // of a group
  const Scratch<T> packed(s.groups * packed_room);
  parallel_for_each(s.groups, packed_room, [&](std::int64_t group) {
    pack_tiles(tile, shape.channels, {weight + group * channels * depth, depth, 1}, 0, channels, 0,
               depth, packed.data() + group * packed_room);
  });

  const std::int64_t strips = columns.strips(), all_strips = s.images * s.groups * strips;
  const std::int64_t parts = s.parts(all_strips);
  const Scratch<T> room(parts * columns.padded_room());
  parallel_parts(parts, all_strips, [&](auto part, auto first_strip, auto last_strip) {
    T* padded = room.data() + part * columns.padded_room();
    for (std::int64_t strip = first_strip; strip < last_strip; ++strip) {
      const std::int64_t image = strip / strips;  // image · groups + group
      const std::int64_t begin = strip % strips * columns.rows();
      const std::int64_t rows = std::min(columns.rows(), s.window.height.out - begin);
      const std::int64_t group = image % s.groups, vectors = landings.count(rows);
      columns.load(x + image * s.in_channels * s.window.in_size(), begin, padded);
      T* to = y + image * channels * s.window.out_size() + begin * s.window.width.out;
      for (std::int64_t c = 0; c < channels; c += shape.channels) {
        for (std::int64_t v = 0; v < vectors; v += shape.vectors) {
          tile.slide(std::min(shape.channels, channels - c), std::min(shape.vectors, vectors - v),
                     depth, packed.data() + group * packed_room + c * depth,
                     bias ? bias + group * channels + c : nullptr, padded + v * tile.lanes,
                     columns.taps(), landings[v], rows * s.window.width.out,
                     to + c * s.window.out_size(), s.window.out_size());
        }
      }
    }
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

bool suits_winograd(const ConvolutionSizes& s) {
  // Channels share what it costs to transform a tile, and tiles what the weight costs.
  constexpr std::int64_t fewest_channels = 32, fewest_tiles = 128;
  const auto is_plain = [](const WindowAxis& a) {
    return a.kernel == 3 && a.stride == 1 && a.dilation == 1;
  };
  const WindowAxis h = s.window.height, w = s.window.width;
  return is_plain(h) && is_plain(w) && s.groups == 1 && s.in_channels >= fewest_channels &&
         s.out_channels >= fewest_channels &&
         s.images * ((h.out + 1) / 2) * ((w.out + 1) / 2) >= fewest_tiles;
}

template <class T>
void conv2d(const ConvolutionSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  if (suits_winograd(s)) {
    return conv2d_by_winograd(s, x, {weight, s.depth(), 9, false}, bias, y);
  }
  forward(s, x, weight, bias, y);
}

template <class T>
void conv2d_input_gradient(const ConvolutionSizes& s, const T* dy, const T* weight, T* dx) {
  const WindowAxis h = s.window.height, w = s.window.width;
  constexpr std::int64_t fewest = 4;  // channels of x, that a tile may be full
  if (h.stride == 1 && w.stride == 1 && s.in_channels >= fewest) {
    // Each element of x was seen through the kernel's elements in turn: dx is dy, convolved with
    // the kernel turned by half a turn.
    const ConvolutionSizes back = transposed(s);
    if (suits_winograd(back)) {
      return conv2d_by_winograd<T>(back, dy, {weight, 9, s.depth(), true}, nullptr, dx);
    }
    const Scratch<T> turned(s.weight_size());
    turn(s, weight, turned.data());
    return forward<T>(back, dy, turned.data(), nullptr, dx);
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
