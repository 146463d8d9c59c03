#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/finite.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>
#include <engram/autograd/kernels/winograd.h>

#include <algorithm>
#include <atomic>

// The weight's gradient of Winograd's convolution (convolution_winograd.cpp), which is linear in w:
//
//     dw = Gᵀ[Σ (A·dy·Aᵀ) ∘ (Bᵀ·d·B)]G      over all tiles
//
// For each of the 16 elements the sum over the tiles is a product of matrices, dU (out channels, in
// channels) = P (out channels, tiles) · Vᵀ (tiles, in channels), with P = A·dy·Aᵀ:
//
//     for each strip of tiles                  in parallel, in few partial sums dU
//       for each input channel: V
//       for each output channel: P
//       for each of the 16 elements: dU
//     dw
//
// For few tiles, or too many channels for several dU, the loop over the output channels is parallel
// instead, and dU is computed for a few of them at a time, in the L2 cache:
//
//     for each strip of tiles
//       for each input channel: V
//       for each few output channels           in parallel
//         for each of them: P
//         for each of the 16 elements: dU
//     dw
namespace engram::kernels {
namespace {

using namespace winograd;

/// P (elements, channels, tiles) of some output channels and rows of tiles, with this stride
/// between the elements. `padded_rows` has the capacity of the padded image.
template <class T>
void transform_grad_outputs(const ConvolutionSizes& s, const Strips<T>& strips,
                            const PaddedImage<T>& padded, const T* dy, Range channels,
                            Range tile_rows, T* padded_rows, T* p, std::int64_t element_stride) {
  for (std::int64_t c = channels.begin; c < channels.end; ++c, p += strips.row_stride) {
    for_each_run(strips, tile_rows, [&](const Run& run, std::int64_t tile) {
      padded.load(dy + (run.image * s.out_channels + c) * s.window.out_size(), 2 * run.first,
                  2 * run.rows, padded_rows);
      for (std::int64_t r = 0; r < run.rows; ++r) {
        tiles<T>().winograd_grad_outputs(strips.width, padded_rows + 2 * r * padded.row_stride(),
                                         padded.row_stride(), p + tile + r * strips.width,
                                         element_stride);
      }
    });
  }
}

/// Gᵀ·u of one column.
template <class T>
void gather(T u0, T u1, T u2, T u3, T& w0, T& w1, T& w2) {
  const T half_sum = T(0.5) * (u1 + u2);
  w0 = u0 + half_sum;
  w1 = T(0.5) * (u1 - u2);
  w2 = half_sum + u3;
}

/// dweight (channels, 9) = Gᵀ·dU·G of contiguous channels, with dU the sum over the parts of `sums`
/// (parts, elements, channels), which has the given strides between parts and between elements.
/// Returns whether dweight is finite.
template <class T>
bool transform_sums(const T* sums, std::int64_t parts, std::int64_t part_stride,
                    std::int64_t stride, std::int64_t channels, T* dweight) {
  constexpr std::int64_t batch = 64;  // channels transformed together, as vectors
  bool finite = true;
  for (std::int64_t first = 0; first < channels; first += batch) {
    const std::int64_t count = std::min(batch, channels - first);
    T u[elements][batch], w[9][batch];
    for (std::int64_t e = 0; e < elements; ++e) {
      const T* from = sums + e * stride + first;
      std::copy(from, from + count, u[e]);
      for (std::int64_t part = 1; part < parts; ++part) {
        for (std::int64_t i = 0; i < count; ++i) u[e][i] += from[part * part_stride + i];
      }
    }
    for (std::int64_t i = 0; i < count; ++i) {
      T columns[3][4];
      for (int k = 0; k < 4; ++k) {
        gather(u[k][i], u[4 + k][i], u[8 + k][i], u[12 + k][i], columns[0][k], columns[1][k],
               columns[2][k]);
      }
      for (int r = 0; r < 3; ++r) {
        gather(columns[r][0], columns[r][1], columns[r][2], columns[r][3], w[3 * r][i],
               w[3 * r + 1][i], w[3 * r + 2][i]);
      }
    }
    for (std::int64_t i = 0; i < count; ++i) {
      for (int k = 0; k < 9; ++k) dweight[(first + i) * 9 + k] = w[k][i];
    }
    finite &= are_finite(dweight + first * 9, count * 9);
  }
  return finite;
}

/// V of a strip, packed for Tiles::multiply: (elements, panels of in channels, tiles, channels).
template <class T>
class PackedInputs {
 public:
  PackedInputs(const ConvolutionSizes& s, const Strips<T>& strips)
      : s_(s),
        strips_(strips),
        in_(s.in_channels),
        count_(parts_of(in_, width())),
        capacity_(strips.rows * strips.width * width() + slack<T>),
        v_(elements * strips.element_stride(in_)),
        packed_(elements * count_ * capacity_) {}

  void load(const T* x, std::int64_t strip) {
    const std::int64_t depth = strips_.range(strip).size() * strips_.width;
    transform_all_inputs(s_, strips_, PaddedImage<T>(s_.window, strips_), strip, x, v_.data());
    parallel_for_each(elements * count_, capacity_, [&](std::int64_t i) {
      const std::int64_t element = i / count_, panel = i % count_;
      const std::int64_t first = panel * width(), lanes = tiles<T>().lanes;
      const Operand<T> rows{v_.data() + element * strips_.element_stride(in_), strips_.row_stride,
                            1};
      rows.pack(tiles<T>(), {first, channels(panel), 0, depth},
                channels(panel) <= lanes ? lanes : width(), packed_.data() + i * capacity_);
    });
  }

  static std::int64_t width() { return 2 * tiles<T>().lanes; }
  std::int64_t count() const { return count_; }
  std::int64_t channels(std::int64_t panel) const {
    return std::min(width(), in_ - panel * width());
  }
  const T* of(std::int64_t element, std::int64_t panel) const {
    return packed_.data() + (element * count_ + panel) * capacity_;
  }

 private:
  const ConvolutionSizes& s_;
  const Strips<T>& strips_;
  std::int64_t in_, count_, capacity_;
  Scratch<T> v_, packed_;
};

/// Parallel over the output channels. Returns whether dweight is finite.
template <class T>
bool sum_by_channels(const ConvolutionSizes& s, const Strips<T>& strips, const T* x, const T* dy,
                     T* dweight) {
  const Tiles<T>& tile = tiles<T>();
  const std::int64_t in = s.in_channels, block_channels = equal_parts(s.out_channels, tile.rows);
  PackedInputs<T> inputs(s, strips);
  const PaddedImage<T> padded(s.window.height.out, s.window.width.out, 0, 0, strips);
  const std::int64_t p_stride = strips.element_stride(block_channels),
                     p_capacity = elements * p_stride;
  const std::int64_t left_capacity = block_channels * strips.rows * strips.width + slack<T>;
  const std::int64_t block_sums = elements * block_channels * in;
  const std::int64_t capacity = p_capacity + left_capacity + padded.capacity(strips);
  const std::int64_t blocks = parts_of(s.out_channels, block_channels), parts = s.parts(blocks);
  // With one strip the sums of a block are final at once, and each thread reuses their memory.
  const bool is_one = strips.count() == 1;
  const Scratch<T> memory(parts * capacity), all_sums((is_one ? parts : blocks) * block_sums);
  std::atomic<bool> finite = true;
  for (std::int64_t strip = 0; strip < strips.count(); ++strip) {
    const Range tile_rows = strips.range(strip);
    const std::int64_t depth = tile_rows.size() * strips.width;
    inputs.load(x, strip);
    parallel_parts(parts, blocks, [&](auto part, auto from, auto to) {
      T* p = memory.data() + part * capacity;
      T* left = p + p_capacity;
      for (std::int64_t block = from; block < to; ++block) {
        const std::int64_t first = block * block_channels;
        const std::int64_t channels = std::min(block_channels, s.out_channels - first);
        T* sums = all_sums.data() + (is_one ? part : block) * block_sums;
        transform_grad_outputs(s, strips, padded, dy, {first, first + channels}, tile_rows,
                               left + left_capacity, p, p_stride);
        for (std::int64_t e = 0; e < elements; ++e) {
          const Operand<T> rows{p + e * p_stride, strips.row_stride, 1};
          rows.pack(tile, {0, channels, 0, depth}, channels, left);
          for (std::int64_t panel = 0; panel < inputs.count(); ++panel) {
            tile.multiply({.rows = channels,
                           .columns = inputs.channels(panel),
                           .depth = depth,
                           .a = left,
                           .b = inputs.of(e, panel),
                           .add = strip > 0,
                           .c = sums + e * channels * in + panel * inputs.width(),
                           .row_stride = in});
          }
        }
        for (std::int64_t c = 0; tile_rows.end == strips.all && c < channels; ++c) {
          T* own = dweight + (first + c) * in * 9;
          if (!transform_sums(sums + c * in, 1, 0, channels * in, in, own)) finite = false;
        }
      }
    });
  }
  return finite;
}

/// Parallel over the strips. Returns whether dweight is finite.
template <class T>
bool sum_by_strips(const ConvolutionSizes& s, const Strips<T>& strips, const T* x, const T* dy,
                   T* dweight) {
  const std::int64_t in = s.in_channels, out = s.out_channels;
  const PaddedImage<T> padded(s.window, strips);
  const PaddedImage<T> padded_dy(s.window.height.out, s.window.width.out, 0, 0, strips);
  const std::int64_t v_stride = strips.element_stride(in), p_stride = strips.element_stride(out);
  const std::int64_t v_capacity = elements * v_stride, p_capacity = elements * p_stride;
  const ProductBlocks<T> full{&tiles<T>(), out, strips.rows * strips.width};
  const std::int64_t padded_capacity =
      std::max(padded.capacity(strips), padded_dy.capacity(strips));
  const std::int64_t capacity =
      v_capacity + p_capacity + padded_capacity + full.left_capacity() + full.right_capacity();
  const std::int64_t size = elements * out * in;
  const std::int64_t parts =
      partial_sums(strips.count(), strips.all * strips.width, size * std::int64_t{sizeof(T)});
  const Scratch<T> sums(parts * size);
  const auto add_strips = [&](std::int64_t part, T* v) {
    const std::int64_t first_strip = strips.count() * part / parts;
    const std::int64_t last_strip = strips.count() * (part + 1) / parts;
    T* p = v + v_capacity;
    T* rows = p + p_capacity;
    T* packed = rows + padded_capacity;
    T* panel = packed + full.left_capacity();
    for (std::int64_t strip = first_strip; strip < last_strip; ++strip) {
      const Range tile_rows = strips.range(strip);
      transform_inputs(s, strips, padded, x, {0, in}, tile_rows, rows, v);
      transform_grad_outputs(s, strips, padded_dy, dy, {0, out}, tile_rows, rows, p, p_stride);
      const ProductBlocks<T> blocks{full.tiles, out, tile_rows.size() * strips.width};
      for (std::int64_t e = 0; e < elements; ++e) {
        const Operand<T> a{p + e * p_stride, strips.row_stride, 1};
        const Operand<T> b{v + e * v_stride, strips.row_stride, 1};
        const auto left = [&](const OperandBlock& block) {
          pack_tiles(*blocks.tiles, a, block, packed);
          return packed;
        };
        const auto right = [&](const OperandBlock& block, std::int64_t width, T* to) {
          b.pack(*blocks.tiles, block, width, to);
        };
        multiply(blocks, in, left, right, panel, strip > first_strip,
                 sums.data() + part * size + e * out * in, in);
      }
    }
  };
  parallel_for(parts, 1, [&](std::int64_t first, std::int64_t last) {
    const Scratch<T> memory(capacity);
    for (std::int64_t part = first; part < last; ++part) add_strips(part, memory.data());
  });

  std::atomic<bool> finite = true;
  parallel_for_each(out, elements * in, [&](std::int64_t o) {
    T* to = dweight + o * in * 9;
    if (!transform_sums(sums.data() + o * in, parts, size, out * in, in, to)) finite = false;
  });
  return finite;
}

}  // namespace

template <class T>
bool conv2d_weight_gradient_by_winograd(const ConvolutionSizes& s, const T* x, const T* dy,
                                        T* dweight) {
  if (has_large_weight<T>(s) || tiles_of(s) <= few_tiles) {
    return sum_by_channels(s, Strips<T>(s, few_tiles, 1), x, dy, dweight);
  }
  const std::int64_t in_cache = tiles_in_cache<T>(s.in_channels + s.out_channels);
  return sum_by_strips(s, Strips<T>(s, std::max<std::int64_t>(96, in_cache), 1), x, dy, dweight);
}

template bool conv2d_weight_gradient_by_winograd(const ConvolutionSizes&, const float*,
                                                 const float*, float*);
template bool conv2d_weight_gradient_by_winograd(const ConvolutionSizes&, const double*,
                                                 const double*, double*);

}  // namespace engram::kernels
