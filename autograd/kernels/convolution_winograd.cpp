#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/finite.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>
#include <engram/autograd/kernels/tile_shape.h>
#include <engram/autograd/kernels/winograd.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <numeric>

// Winograd's convolution F(2 × 2, 3 × 3): a tile of 2 × 2 outputs depends on 4 × 4 elements of x,
// and takes 16 multiplications for each pair of channels, where direct summation takes 36:
//
//     y = Aᵀ[(G·w·Gᵀ) ∘ (Bᵀ·d·B)]A + bias
//
//          ⎛1  0  0⎞         ⎛1  0 −1  0⎞
//     G  = ⎜½  ½  ½⎟    Bᵀ = ⎜0  1  1  0⎟    Aᵀ = ⎛1  1  1  0⎞
//          ⎜½ −½  ½⎟         ⎜0 −1  1  0⎟         ⎝0  1 −1 −1⎠
//          ⎝0  0  1⎠         ⎝0  1  0 −1⎠
//
// Input channels are summed before A, so that for each of the 16 elements there is a product of
// matrices, M (out channels, tiles) = U (out channels, in channels) · V (in channels, tiles):
//
//     for each output channel: U
//     for each strip of tiles                  in parallel
//       for each input channel: V
//       for each few output channels
//         for each of the 16 elements: M
//         y
//
// Where all tiles are one strip, the loop over the output channels is parallel instead, and U is
// computed for a few of them at a time, in the L2 cache: all of U is 16/9 of the weight, and would
// be read from memory.
//
// A strip is some rows of tiles, of several images where these are small. Winograd 1980; Lavin and
// Gray, "Fast Algorithms for Convolutional Neural Networks", 2015 (arXiv 1509.09308). The rounding
// errors of the transforms are outweighed by sums of a ninth of the terms: in f32 errors are 0.6 of
// those of direct summation.
//
// The transforms have a larger range than y. An overflow or ∞ in them makes y ∞ or NaN, never a
// finite number; an underflow of w is detected where U is computed.
namespace engram::kernels {
namespace {

using namespace winograd;

/// U of some output channels, at most as many as a tile has: (elements, in channels, channels).
/// Returns false if a kernel is so small that its quarters lose digits.
template <class T>
bool transform_weight(const Kernels3x3<T>& kernels, std::int64_t first, std::int64_t channels,
                      std::int64_t in_channels, T* u) {
  // A few input channels at a time, contiguous with the output channels, and then copied to U,
  // whose elements are far apart in memory.
  constexpr std::int64_t batch = 8, max_pairs = batch * max_lines<T>;
  constexpr T least = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
  // Elements read of each kernel: at least a vector, which may be more than the 9 that it has.
  constexpr std::int64_t read = slack < T >> 9 ? slack<T> : 9;
  T last[read] = {};
  std::copy_n(kernels.of(first + channels - 1, in_channels - 1), 9, last);
  const T* from[max_pairs];
  T side_by_side[read * max_pairs + slack<T>], transformed[elements][max_pairs];
  T is_small[max_pairs] = {};
  for (std::int64_t in = 0; in < in_channels; in += batch) {
    const std::int64_t ins = std::min(batch, in_channels - in), n = ins * channels;
    for (std::int64_t i = 0; i < ins; ++i) {
      for (std::int64_t c = 0; c < channels; ++c) {
        from[i * channels + c] = kernels.of(first + c, in + i);
        __builtin_prefetch(kernels.of(first + c, in + i + batch));
      }
    }
    if (in + ins == in_channels) from[n - 1] = last;  // no reads past the end of the weight
    tiles<T>().transpose(n, n, read, from, side_by_side);
    const T* w[9];
    for (int k = 0; k < 9; ++k) w[k] = side_by_side + (kernels.flipped ? 8 - k : k) * n;
    for (std::int64_t j = 0; j < n; ++j) {
      T largest = 0;
      for (int k = 0; k < 9; ++k) largest = std::max(largest, std::abs(w[k][j]));
      is_small[j] += T((largest > 0) & (largest < least));
      T rows[4][3];  // G·w
      for (int k = 0; k < 3; ++k) {
        const T sum = w[k][j] + w[6 + k][j];
        rows[0][k] = w[k][j];
        rows[1][k] = T(0.5) * (sum + w[3 + k][j]);
        rows[2][k] = T(0.5) * (sum - w[3 + k][j]);
        rows[3][k] = w[6 + k][j];
      }
      for (int r = 0; r < 4; ++r) {
        const T sum = rows[r][0] + rows[r][2];
        transformed[4 * r][j] = rows[r][0];
        transformed[4 * r + 1][j] = T(0.5) * (sum + rows[r][1]);
        transformed[4 * r + 2][j] = T(0.5) * (sum - rows[r][1]);
        transformed[4 * r + 3][j] = rows[r][2];
      }
    }
    for (std::int64_t e = 0; e < elements; ++e) {
      std::copy(transformed[e], transformed[e] + n, u + (e * in_channels + in) * channels);
    }
  }
  return std::all_of(is_small, is_small + max_pairs, [](T count) { return count == 0; });
}

/// M and y of a strip, for a block of output channels at a time.
template <class T>
class Blocks {
 public:
  Blocks(const ConvolutionSizes& s, const Strips<T>& strips)
      : s_(s),
        strips_(strips),
        vectors_(parts_of(strips.rows * strips.width, tiles<T>().lanes)),
        shape_(tile_shape<T>(s.out_channels, vectors_)),
        taps_(s.in_channels),
        destinations_(vectors_) {
    // The taps are the rows of V; the positions of a vector keep their places.
    for (std::int64_t c = 0; c < s.in_channels; ++c) taps_.data()[c] = c * strips.row_stride;
    const std::int64_t lanes = tiles<T>().lanes;
    for (std::int64_t v = 0; v < vectors_; ++v) {
      Destination<T>& destination = destinations_.data()[v] = {v * lanes, lanes, {}};
      std::iota(destination.lanes, destination.lanes + lanes, Lane<T>{0});
    }
  }

  std::int64_t count() const { return parts_of(s_.out_channels, shape_.channels); }
  std::int64_t first(std::int64_t block) const { return block * shape_.channels; }
  std::int64_t channels(std::int64_t block) const {
    return std::min(shape_.channels, s_.out_channels - first(block));
  }
  std::int64_t u_capacity() const { return elements * s_.in_channels * shape_.channels; }
  std::int64_t m_capacity() const { return elements * strips_.element_stride(shape_.channels); }

  /// y of a block's channels at some rows of tiles, from U of the block and V of the tiles. Returns
  /// whether y is finite.
  bool run(std::int64_t block, Range tile_rows, const T* u, const T* v, T* m, const T* bias,
           T* y) const {
    const std::int64_t in = s_.in_channels, lanes = tiles<T>().lanes;
    const std::int64_t used = parts_of(tile_rows.size() * strips_.width, lanes);
    const std::int64_t v_stride = strips_.element_stride(in);
    const std::int64_t m_stride = strips_.element_stride(shape_.channels);
    for (std::int64_t e = 0; e < elements; ++e) {
      for (std::int64_t n = 0; n < used; n += shape_.vectors) {
        tiles<T>().slide({.rows = channels(block),
                          .vectors = std::min(shape_.vectors, used - n),
                          .depth = in,
                          .weight = u + e * in * channels(block),
                          .bias = nullptr,
                          .x = v + e * v_stride + n * lanes,
                          .taps = taps_.data(),
                          .destinations = destinations_.data() + n,
                          .capacity = strips_.row_stride,
                          .y = m + e * m_stride,
                          .row_stride = strips_.row_stride});
      }
    }
    bool finite = true;
    for (std::int64_t c = 0; c < channels(block); ++c) {
      const std::int64_t channel = first(block) + c;
      finite &= transform_outputs(channel, tile_rows, m + c * strips_.row_stride, m_stride,
                                  bias ? bias[channel] : T{0}, y);
    }
    return finite;
  }

 private:
  /// y of one channel, from its M (elements, tiles) with this stride between the elements.
  bool transform_outputs(std::int64_t channel, Range tile_rows, const T* m,
                         std::int64_t element_stride, T bias, T* y) const {
    const std::int64_t height = s_.window.height.out, width = s_.window.width.out;
    bool finite = true;
    for_each_run(strips_, tile_rows, [&](const Run& run, std::int64_t first) {
      T* plane = y + (run.image * s_.out_channels + channel) * s_.window.out_size();
      for (std::int64_t r = 0; r < run.rows; ++r) {
        const std::int64_t row = 2 * (run.first + r);
        tiles<T>().winograd_outputs({.rows = std::min<std::int64_t>(2, height - row),
                                     .width = width,
                                     .m = m + first + r * strips_.width,
                                     .element_stride = element_stride,
                                     .bias = bias,
                                     .y = plane + row * width,
                                     .row_stride = width});
      }
      const std::int64_t row = 2 * run.first, rows = std::min(2 * run.rows, height - row);
      finite &= are_finite(plane + row * width, rows * width);
    });
    return finite;
  }

  const ConvolutionSizes& s_;
  const Strips<T>& strips_;
  std::int64_t vectors_;  // of a strip
  TileShape shape_;
  Scratch<std::int64_t> taps_;
  Scratch<Destination<T>> destinations_;
};

}  // namespace

template <class T>
bool conv2d_by_winograd(const ConvolutionSizes& s, const T* x, const Kernels3x3<T>& kernels,
                        const T* bias, T* y) {
  const std::int64_t in = s.in_channels;
  const std::int64_t max_tiles =
      std::max<std::int64_t>(64, tiles_in_cache<T>(in + tiles<T>().rows));
  const bool is_one_strip = has_large_weight<T>(s) && tiles_of(s) <= few_tiles;
  const Strips<T> strips =
      is_one_strip ? Strips<T>(s, few_tiles, 1) : Strips<T>(s, max_tiles, max_threads());
  const Blocks<T> blocks(s, strips);
  const PaddedImage<T> padded(s.window, strips);
  const std::int64_t v_capacity = elements * strips.element_stride(in),
                     m_capacity = blocks.m_capacity();
  const std::int64_t u_capacity = blocks.u_capacity(), padded_capacity = padded.capacity(strips);
  std::atomic<bool> is_right = true;
  const auto transform = [&](std::int64_t block, T* u) {
    if (!transform_weight(kernels, blocks.first(block), blocks.channels(block), in, u)) {
      is_right = false;
    }
  };
  const auto run = [&](std::int64_t block, Range tile_rows, const T* u, const T* v, T* m) {
    if (!blocks.run(block, tile_rows, u, v, m, bias, y)) is_right = false;
  };

  if (strips.count() == 1) {
    const Scratch<T> v(v_capacity);
    transform_all_inputs(s, strips, padded, 0, x, v.data());
    const std::int64_t parts = s.parts(blocks.count());
    const Scratch<T> memory(parts * (u_capacity + m_capacity));
    parallel_parts(parts, blocks.count(), [&](auto part, auto first, auto last) {
      T* u = memory.data() + part * (u_capacity + m_capacity);
      for (std::int64_t block = first; block < last; ++block) {
        transform(block, u);
        run(block, {0, strips.all}, u, v.data(), u + u_capacity);
      }
    });
    return is_right;
  }

  const Scratch<T> u(blocks.count() * u_capacity);
  parallel_for_each(blocks.count(), u_capacity,
                    [&](std::int64_t block) { transform(block, u.data() + block * u_capacity); });
  const std::int64_t parts = s.parts(strips.count()),
                     capacity = v_capacity + m_capacity + padded_capacity;
  const Scratch<T> memory(parts * capacity);
  parallel_parts(parts, strips.count(), [&](auto part, auto first, auto last) {
    T* v = memory.data() + part * capacity;
    T* m = v + v_capacity;
    for (std::int64_t strip = first; strip < last; ++strip) {
      const Range tile_rows = strips.range(strip);
      transform_inputs(s, strips, padded, x, {0, in}, tile_rows, m + m_capacity, v);
      for (std::int64_t block = 0; block < blocks.count(); ++block) {
        run(block, tile_rows, u.data() + block * u_capacity, v, m);
      }
    }
  });
  return is_right;
}

template bool conv2d_by_winograd(const ConvolutionSizes&, const float*, const Kernels3x3<float>&,
                                 const float*, float*);
template bool conv2d_by_winograd(const ConvolutionSizes&, const double*, const Kernels3x3<double>&,
                                 const double*, double*);

}  // namespace engram::kernels
