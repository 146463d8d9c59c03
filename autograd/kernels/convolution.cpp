#include <engram/autograd/kernels/columns.h>
#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>
#include <engram/autograd/kernels/tile_shape.h>
#include <engram/autograd/kernels/winograd.h>

#include <algorithm>
#include <bit>

// The forward pass: products of the weight and the columns. Sums for some channels at some vectors
// of positions stay in registers over the whole depth; the inputs under these vectors stay in the
// L1 cache, the weight and the strip's padded rows in the L2 cache:
//
//     for each strip                     in parallel
//       for each few vectors of positions
//         for each tile of channels
//           for each element of the depth
namespace engram::kernels {
namespace {

/// The destinations in y of the vectors of a strip's padded rows, which have gaps between the rows
/// of positions.
template <class T>
class Destinations {
 public:
  Destinations(const ConvolutionSizes& s, const Columns<T>& columns)
      : width_(s.window.width.out),
        row_stride_(columns.row_stride()),
        lanes_(tiles<T>().lanes),
        destinations_(count(columns.rows())) {
    for (std::int64_t v = 0; v < count(columns.rows()); ++v)
      destinations_.data()[v] = destination(v);
  }

  /// The number of vectors that cover the rows.
  std::int64_t count(std::int64_t rows) const {
    return ((rows - 1) * row_stride_ + width_ + lanes_ - 1) / lanes_;
  }
  const Destination<T>* operator[](std::int64_t vector) const {
    return destinations_.data() + vector;
  }

 private:
  Destination<T> destination(std::int64_t vector) const {
    const std::int64_t first = vector * lanes_;
    Destination<T> destination{
        first / row_stride_ * width_ + std::min(first % row_stride_, width_), 0, {}};
    for (std::int64_t lane = 0; lane < lanes_; ++lane) {
      if ((first + lane) % row_stride_ < width_) {
        destination.lanes[destination.count++] = static_cast<Lane<T>>(lane);
      }
    }
    return destination;
  }

  std::int64_t width_, row_stride_, lanes_;
  Scratch<Destination<T>> destinations_;
};

/// The weight packed for Tiles::slide: in tiles of at most `tile_channels` channels, each as
/// (depth, channels).
template <class T>
class PackedWeight {
 public:
  PackedWeight(const ConvolutionSizes& s, const WeightView<T>& weight, std::int64_t tile_channels)
      : channels_(s.out_channels),
        tile_channels_(tile_channels),
        depth_(s.depth()),
        tiles_of_group_(parts_of(channels_, tile_channels)),
        tile_capacity_(tile_channels * depth_ + slack<T>),
        packed_(s.groups * tiles_of_group_ * tile_capacity_) {
    for (std::int64_t group = 0; group < s.groups; ++group) {
      weight.elements ? gather(weight, group) : transpose(weight, group);
    }
  }

  std::int64_t tiles_of_group() const { return tiles_of_group_; }
  std::int64_t channels(std::int64_t tile) const {
    return std::min(tile_channels_, channels_ - tile * tile_channels_);
  }
  T* of(std::int64_t group, std::int64_t tile) const {
    return packed_.data() + (group * tiles_of_group_ + tile) * tile_capacity_;
  }

 private:
  void transpose(const WeightView<T>& weight, std::int64_t group) {
    const T* from = weight.data + group * weight.group_stride;
    const Operand<T> rows{from, weight.channel_stride, 1};
    parallel_for_each(tiles_of_group_, tile_capacity_, [&](std::int64_t tile) {
      rows.pack(tiles<T>(), {tile * tile_channels_, channels(tile), 0, depth_}, channels(tile),
                of(group, tile));
    });
  }
  /// The outer loop is over the depth, not the tiles: channels may be contiguous, but elements of
  /// the depth are far apart.
  void gather(const WeightView<T>& weight, std::int64_t group) {
    parallel_for_each(depth_, channels_, [&](std::int64_t p) {
      const T* from = weight.data + group * weight.group_stride + weight.elements[p];
      for (std::int64_t tile = 0; tile < tiles_of_group_; ++tile) {
        const std::int64_t count = channels(tile);
        T* to = of(group, tile) + p * count;
        for (std::int64_t c = 0; c < count; ++c, from += weight.channel_stride) to[c] = *from;
      }
    });
  }

  std::int64_t channels_, tile_channels_, depth_, tiles_of_group_, tile_capacity_;
  Scratch<T> packed_;
};

}  // namespace

template <class T>
void conv2d_direct(const ConvolutionSizes& s, const T* x, const WeightView<T>& weight,
                   const T* bias, T* y) {
  const Tiles<T>& tile = tiles<T>();
  const std::int64_t depth = s.depth(), channels = s.out_channels;
  if (channels == 0) return;
  const Columns<T> columns(s, Columns<T>::Gaps::narrow, 2 * max_threads());
  const Destinations<T> destinations(s, columns);
  const TileShape shape = tile_shape<T>(channels, destinations.count(columns.rows()));
  const PackedWeight<T> packed(s, weight, shape.channels);

  const std::int64_t strips = columns.strips(), all_strips = s.images * s.groups * strips;
  const std::int64_t parts = s.parts(all_strips);
  const Scratch<T> all_padded(parts * columns.padded_capacity());
  parallel_parts(parts, all_strips, [&](auto part, auto first_strip, auto last_strip) {
    T* padded = all_padded.data() + part * columns.padded_capacity();
    for (std::int64_t strip = first_strip; strip < last_strip; ++strip) {
      const std::int64_t image = strip / strips;  // image · groups + group
      const std::int64_t begin = strip % strips * columns.rows();
      const std::int64_t rows = std::min(columns.rows(), s.window.height.out - begin);
      const std::int64_t group = image % s.groups, vectors = destinations.count(rows);
      columns.load(x + image * s.in_channels * s.window.in_size(), begin, padded);
      T* to = y + image * channels * s.window.out_size() + begin * s.window.width.out;
      for (std::int64_t v = 0; v < vectors; v += shape.vectors) {
        for (std::int64_t t = 0; t < packed.tiles_of_group(); ++t) {
          const std::int64_t c = t * shape.channels;
          tile.slide({.rows = packed.channels(t),
                      .vectors = std::min(shape.vectors, vectors - v),
                      .depth = depth,
                      .weight = packed.of(group, t),
                      .bias = bias ? bias + group * channels + c : nullptr,
                      .x = padded + v * tile.lanes,
                      .taps = columns.taps(),
                      .destinations = destinations[v],
                      .capacity = rows * s.window.width.out,
                      .y = to + c * s.window.out_size(),
                      .row_stride = s.window.out_size()});
        }
      }
    }
  });
}

std::int64_t ConvolutionSizes::parts(std::int64_t units) const {
  return parts_of_product(units, out_channels, depth(), images * groups * window.out_size());
}

std::int64_t partial_sums(std::int64_t items, std::int64_t additions, std::int64_t bytes) {
  constexpr std::int64_t max_sums = 16, max_bytes = 1 << 20;
  constexpr std::int64_t worth = 256;  // additions that outweigh the cost of one more sum
  const std::int64_t fitting = max_bytes / std::max<std::int64_t>(1, bytes);
  const std::int64_t parts = std::min({max_sums, items, additions / worth, fitting});
  return parts < 1 ? 1
                   : static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(parts)));
}

bool suits_winograd(const ConvolutionSizes& s) {
  // The transform of a tile is amortized over the channels, that of the weight over the tiles.
  constexpr std::int64_t fewest_channels = 16, fewest_tiles = 16;
  const auto is_plain = [](const WindowAxis& a) {
    // The input gradient of a convolution with a padding above 2 has a negative padding.
    return a.kernel == 3 && a.stride == 1 && a.dilation == 1 && a.padding >= 0;
  };
  const WindowAxis h = s.window.height, w = s.window.width;
  return is_plain(h) && is_plain(w) && s.groups == 1 && s.in_channels >= fewest_channels &&
         s.out_channels >= fewest_channels && winograd::tiles_of(s) >= fewest_tiles;
}

template <class T>
void conv2d(const ConvolutionSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  if (suits_winograd(s) && conv2d_by_winograd(s, x, {weight, s.depth(), 9, false}, bias, y)) return;
  conv2d_direct<T>(s, x, {weight, s.out_channels * s.depth(), s.depth(), nullptr}, bias, y);
}

#define INSTANTIATE(T)                                                                           \
  template void conv2d_direct(const ConvolutionSizes&, const T*, const WeightView<T>&, const T*, \
                              T*);                                                               \
  template void conv2d(const ConvolutionSizes&, const T*, const T*, const T*, T*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
