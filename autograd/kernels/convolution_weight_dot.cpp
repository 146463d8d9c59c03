#include <engram/autograd/kernels/columns.h>
#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/scratch.h>
#include <engram/autograd/kernels/tile_shape.h>

#include <algorithm>
#include <numeric>

// The weight's gradients for few channels: element (channel, tap) is Σ over the positions of
// dy[channel, position] · x[tap + position]. A matrix product would transpose the columns, which
// takes longer than the product when few channels share it. Here the lanes of a vector are
// contiguous positions, and each sum is a vector until all images are accumulated:
//
//     for each image                     in parallel, in few partial sums
//       for each strip of rows
//         for each few taps
//           for each few output channels
//             for each vector of positions
//
// Each column of the kernel has its own copy of the padded rows, so that the positions of all rows
// are contiguous, as in dy. The last vector of a strip is filled up with zeros of dy, multiplied by
// the next elements of the padded rows: so ∞ or NaN in x may reach taps that do not meet it, also
// those of another channel.
namespace engram::kernels {
namespace {

/// The depth, rounded up to whole tiles.
template <class T>
std::int64_t padded_depth(const ConvolutionSizes& s) {
  return parts_of(s.depth(), tiles<T>().dot_taps) * tiles<T>().dot_taps;
}

/// The working memory of one thread.
template <class T>
class Images {
 public:
  Images(const ConvolutionSizes& s, const Columns<T>& columns)
      : s_(s),
        columns_(columns),
        padded_depth_(padded_depth<T>(s)),
        taps_(padded_depth_),
        padded_(columns.padded_capacity()),
        last_(s.out_channels * tile_.lanes) {
    // The sums of taps after the last one are not read.
    std::copy_n(columns.taps(), s.depth(), taps_.data());
    std::fill(taps_.data() + s.depth(), taps_.data() + padded_depth_, 0);
    // Elements read past the rows are multiplied by 0, and must be finite.
    std::fill_n(padded_.data(), columns.padded_capacity(), T{0});
  }

  /// Accumulates one group of one image, `image` being image · groups + group, in sums (groups ·
  /// out channels, padded depth, lanes).
  void add(std::int64_t image, const T* x, const T* dy, T* sums) {
    const std::int64_t height = s_.window.height.out, width = s_.window.width.out;
    const std::int64_t size = s_.window.out_size();
    x += image * s_.in_channels * s_.window.in_size();
    dy += image * s_.out_channels * size;
    sums += image % s_.groups * s_.out_channels * padded_depth_ * tile_.lanes;
    for (std::int64_t row = 0; row < height;
         row += columns_.rows(), dy += columns_.rows() * width) {
      columns_.load(x, row, padded_.data());
      const std::int64_t positions = std::min(columns_.rows(), height - row) * width;
      const std::int64_t vectors = positions / tile_.lanes, whole = vectors * tile_.lanes;
      add_vectors(vectors, dy, size, padded_.data(), sums);
      if (whole == positions) continue;
      std::fill_n(last_.data(), s_.out_channels * tile_.lanes, T{0});
      for (std::int64_t c = 0; c < s_.out_channels; ++c) {
        std::copy(dy + c * size + whole, dy + c * size + positions, last_.data() + c * tile_.lanes);
      }
      add_vectors(1, last_.data(), tile_.lanes, padded_.data() + whole, sums);
    }
  }

 private:
  void add_vectors(std::int64_t vectors, const T* dy, std::int64_t stride, const T* padded,
                   T* sums) {
    for (std::int64_t tap = 0; tap < padded_depth_; tap += tile_.dot_taps) {
      for (std::int64_t c = 0; c < s_.out_channels; c += tile_.dot_rows) {
        tile_.dot({.rows = std::min(tile_.dot_rows, s_.out_channels - c),
                   .vectors = vectors,
                   .dy = dy + c * stride,
                   .row_stride = stride,
                   .x = padded,
                   .taps = taps_.data() + tap,
                   .sums = sums + (c * padded_depth_ + tap) * tile_.lanes,
                   .sum_stride = padded_depth_ * tile_.lanes});
      }
    }
  }

  const Tiles<T>& tile_ = tiles<T>();
  const ConvolutionSizes& s_;
  const Columns<T>& columns_;
  std::int64_t padded_depth_;
  Scratch<std::int64_t> taps_;
  Scratch<T> padded_;
  Scratch<T> last_;  // (out channels, lanes): the last positions of dy, filled up with 0
};

}  // namespace

template <class T>
bool suits_dot(const ConvolutionSizes& s) {
  // The sums stay in the L2 cache, and are loaded and stored once for all positions of a strip. So
  // does a strip of at least as many rows as the kernel has: few rows are copied to two strips.
  constexpr std::int64_t max_bytes = 256 * 1024, fewest_positions = 256;
  constexpr std::int64_t max_strip_bytes = 512 * 1024;
  const PaddedRows strip(s.window, s.window.height.kernel, PaddedRows::Gaps::none);
  const std::int64_t strip_bytes = s.in_channels * strip.size() * std::int64_t{sizeof(T)};
  const std::int64_t bytes = s.groups * s.out_channels * s.depth() * tiles<T>().lanes * sizeof(T);
  return bytes <= max_bytes && strip_bytes <= max_strip_bytes &&
         s.window.out_size() >= fewest_positions && s.depth() >= tiles<T>().dot_taps;
}

template <class T>
void conv2d_weight_gradient_by_dot(const ConvolutionSizes& s, const T* x, const T* dy, T* dweight) {
  const std::int64_t lanes = tiles<T>().lanes, channels = s.groups * s.out_channels;
  const std::int64_t n = channels * padded_depth<T>(s) * lanes;
  const std::int64_t parts =
      partial_sums(s.images, s.images * s.window.out_size() / lanes, n * std::int64_t{sizeof(T)});
  const Columns<T> columns(s, Columns<T>::Gaps::none, 1);
  const Scratch<T> sums(parts * n);
  parallel_for(parts, 1, [&](std::int64_t first, std::int64_t last) {
    Images<T> images(s, columns);
    std::fill(sums.data() + first * n, sums.data() + last * n, T{0});
    for (std::int64_t part = first; part < last; ++part) {
      const std::int64_t begin = s.images * part / parts, end = s.images * (part + 1) / parts;
      for (std::int64_t image = begin * s.groups; image < end * s.groups; ++image) {
        images.add(image, x, dy, sums.data() + part * n);
      }
    }
  });
  parallel_for_each(channels, s.depth() * parts * lanes, [&](std::int64_t channel) {
    for (std::int64_t tap = 0; tap < s.depth(); ++tap) {
      const T* from = sums.data() + (channel * padded_depth<T>(s) + tap) * lanes;
      T total[slack<T>] = {};
      for (std::int64_t part = 0; part < parts; ++part) {
        for (std::int64_t lane = 0; lane < lanes; ++lane) total[lane] += from[part * n + lane];
      }
      dweight[channel * s.depth() + tap] = std::accumulate(total, total + lanes, T{0});
    }
  });
}

template bool suits_dot<float>(const ConvolutionSizes&);
template bool suits_dot<double>(const ConvolutionSizes&);
template void conv2d_weight_gradient_by_dot(const ConvolutionSizes&, const float*, const float*,
                                            float*);
template void conv2d_weight_gradient_by_dot(const ConvolutionSizes&, const double*, const double*,
                                            double*);

}  // namespace engram::kernels
