#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>
#include <engram/autograd/kernels/tile_shape.h>
#include <engram/autograd/kernels/winograd.h>

#include <algorithm>
#include <numeric>

// Winograd's convolution with kernels of 3 × 3: a tile of 2 × 2 outputs sees 4 × 4 elements of x,
// and 16 multiplications for each pair of channels make it, where the definition takes 36:
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
//     for each strip of tiles                  the threads take their shares
//       for each input channel: V
//       for each of the 16 elements
//         for each few output channels: M
//       for each output channel: y
//
// Rows of tiles make a strip, also of several images where these are small. Winograd 1980; Lavin
// and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015 (arXiv 1509.09308). What the
// transforms round is won back by sums of a ninth of the terms: in f32 errors are 0.6 of those of
// the definition.
namespace engram::kernels {
namespace {

using namespace winograd;

/// U of some output channels, at most as many as a tile has: (elements, in channels, channels).
template <class T>
void transform_weight(const Kernels3x3<T>& kernels, std::int64_t first, std::int64_t channels,
                      std::int64_t in_channels, T* u) {
  // Some input channels at a time, side by side with the output channels, and only then to where
  // they belong: the elements of U lie far apart.
  constexpr std::int64_t some = 8, most = some * most_lines<T>;
  T w[9][most], transformed[elements][most];
  for (std::int64_t in = 0; in < in_channels; in += some) {
    const std::int64_t ins = std::min(some, in_channels - in), n = ins * channels;
    for (std::int64_t i = 0; i < ins; ++i) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const T* from = kernels.of(first + c, in + i);
        for (int k = 0; k < 9; ++k) w[k][i * channels + c] = from[kernels.turned ? 8 - k : k];
      }
    }
    for (std::int64_t j = 0; j < n; ++j) {
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
}

/// y of rows [begin, end) of tiles, from M (elements, out channels, tiles).
template <class T>
void transform_outputs(const ConvolutionSizes& s, const Strips<T>& strips, const T* m,
                       std::int64_t distance, std::int64_t begin, std::int64_t end, const T* bias,
                       T* y) {
  const std::int64_t height = s.window.height.out, width = s.window.width.out;
  for (std::int64_t c = 0; c < s.out_channels; ++c) {
    for_each_run(strips, begin, end, [&](const Run& run, std::int64_t first) {
      T* plane = y + (run.image * s.out_channels + c) * s.window.out_size();
      for (std::int64_t r = 0; r < run.rows; ++r) {
        const std::int64_t row = 2 * (run.first + r);
        tiles<T>().winograd_outputs(std::min<std::int64_t>(2, height - row), width,
                                    m + c * strips.pitch + first + r * strips.width, distance,
                                    bias ? bias[c] : T{0}, plane + row * width, width);
      }
    });
  }
}

}  // namespace

template <class T>
void conv2d_by_winograd(const ConvolutionSizes& s, const T* x, const Kernels3x3<T>& kernels,
                        const T* bias, T* y) {
  const Tiles<T>& tile = tiles<T>();
  const std::int64_t in = s.in_channels, out = s.out_channels;
  const Strips<T> strips(s);
  const std::int64_t vectors = strips.pitch / tile.lanes;
  const TileShape shape = tile_shape<T>(out, vectors);
  const Scratch<T> u(elements * in * out);
  parallel_for_each(parts_of(out, shape.channels), elements * in * shape.channels, [&](auto t) {
    const std::int64_t c = t * shape.channels, channels = std::min(shape.channels, out - c);
    transform_weight(kernels, c, channels, in, u.data() + elements * in * c);
  });

  // Where the rows of V start, and that what is computed for a vector lands where it is.
  const Scratch<std::int64_t> taps(in);
  for (std::int64_t c = 0; c < in; ++c) taps.data()[c] = c * strips.pitch;
  const Scratch<Landing<T>> landings(vectors);
  for (std::int64_t v = 0; v < vectors; ++v) {
    landings.data()[v] = {v * tile.lanes, tile.lanes, {}};
    std::iota(landings.data()[v].lanes, landings.data()[v].lanes + tile.lanes, Lane<T>{0});
  }

  const PaddedImage<T> padded(s.window, strips);
  const std::int64_t v_distance = strips.distance(in), m_distance = strips.distance(out);
  const std::int64_t v_room = elements * v_distance, m_room = elements * m_distance;
  const std::int64_t room = v_room + m_room + strips.input_rows() * padded.pitch();
  const std::int64_t parts = s.parts(strips.count());
  const Scratch<T> memory(parts * room);
  parallel_parts(parts, strips.count(), [&](auto part, auto first_strip, auto last_strip) {
    T* v = memory.data() + part * room;
    T* m = v + v_room;
    for (std::int64_t strip = first_strip; strip < last_strip; ++strip) {
      const auto [begin, end] = strips.range(strip);
      const std::int64_t used = parts_of((end - begin) * strips.width, tile.lanes);
      transform_inputs(s, strips, padded, x, begin, end, m + m_room, v, v_distance);
      for (std::int64_t e = 0; e < elements; ++e) {
        for (std::int64_t c = 0; c < out; c += shape.channels) {
          const std::int64_t channels = std::min(shape.channels, out - c);
          const T* from = u.data() + elements * in * c + e * in * channels;
          for (std::int64_t n = 0; n < used; n += shape.vectors) {
            tile.slide(channels, std::min(shape.vectors, used - n), in, from, nullptr,
                       v + e * v_distance + n * tile.lanes, taps.data(), landings.data() + n,
                       strips.pitch, m + e * m_distance + c * strips.pitch, strips.pitch);
          }
        }
      }
      transform_outputs(s, strips, m, m_distance, begin, end, bias, y);
    }
  });
}

template void conv2d_by_winograd(const ConvolutionSizes&, const float*, const Kernels3x3<float>&,
                                 const float*, float*);
template void conv2d_by_winograd(const ConvolutionSizes&, const double*, const Kernels3x3<double>&,
                                 const double*, double*);

}  // namespace engram::kernels
