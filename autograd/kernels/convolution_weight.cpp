#include <engram/autograd/kernels/columns.h>
#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/finite.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>
#include <engram/autograd/kernels/tile_shape.h>

#include <algorithm>
#include <numeric>

// The weight's gradients: products of dy and the transposed columns, strip by strip and group by
// group, accumulated over the images in few partial sums of many images each. Where there are more
// threads than partial sums, each sum is split by the rows of the columns, which leaves the order
// of summation unchanged.
namespace engram::kernels {
namespace {

using Lines = WindowAxis::Range;  // rows of the columns

/// The working memory of one thread.
template <class T>
class WeightGradient {
 public:
  WeightGradient(const ConvolutionSizes& s, const Columns<T>& columns)
      : s_(s),
        columns_(columns),
        left_(blocks(columns.rows()).left_capacity()),
        panel_(blocks(columns.rows()).right_capacity() + Columns<T>::panel_slack),
        padded_(columns.padded_capacity()) {}

  /// dweight (out channels, lines) of one group of one image, `image` being image · groups + group;
  /// accumulated in dweight if `add`. `stride` is the row stride of dweight.
  void compute(std::int64_t image, const T* x, const T* dy, Lines lines, bool add, T* dweight,
               std::int64_t stride) {
    const std::int64_t height = s_.window.height.out, width = s_.window.width.out;
    const T* own_x = x + image * s_.in_channels * s_.window.in_size();
    const T* own_dy = dy + image * s_.out_channels * s_.window.out_size();
    for (std::int64_t row = 0; row < height; row += columns_.rows()) {
      columns_.load(own_x, row, lines, padded_.data());
      multiply_strip(std::min(columns_.rows(), height - row), own_dy + row * width, lines,
                     add || row > 0, dweight, stride);
    }
  }

 private:
  ProductBlocks<T> blocks(std::int64_t rows) const {
    return {&tiles<T>(), s_.out_channels, rows * s_.window.width.out};
  }

  void multiply_strip(std::int64_t rows, const T* dy, Lines lines, bool add, T* dweight,
                      std::int64_t stride) {
    const ProductBlocks<T> sizes = blocks(rows);
    const auto left = [&](const OperandBlock& block) {
      pack_tiles(*sizes.tiles, {dy, s_.window.out_size(), 1}, block, left_.data());
      return left_.data();
    };
    const auto right = [&](OperandBlock block, std::int64_t width, T* to) {
      block.line += lines.begin;
      columns_.pack_transposed(*sizes.tiles, padded_.data(), block, width, to);
    };
    multiply(sizes, lines.end - lines.begin, left, right, panel_.data(), add, dweight, stride);
  }

  const ConvolutionSizes& s_;
  const Columns<T>& columns_;
  Scratch<T> left_, panel_, padded_;
};

/// The number of parts into which the `panels` of the columns' rows are divided, for equal shares
/// of the threads in `sums` partial sums.
std::int64_t line_parts(const ConvolutionSizes& s, std::int64_t sums, std::int64_t panels) {
  const std::int64_t threads = s.parts(sums * panels);
  return sums >= 4 * threads ? 1
                             : std::clamp<std::int64_t>(threads / std::gcd(sums, threads), 1,
                                                        std::max<std::int64_t>(1, panels));
}

/// total (the weight's size) = Σ over the images; `add_image(gradient, image, lines, sum)` adds the
/// lines of one image to `sum`.
template <class T, class F>
void sum_over_images(const ConvolutionSizes& s, T* total, F add_image) {
  const std::int64_t n = s.weight_size(), depth = s.depth(), panel = 2 * tiles<T>().lanes;
  const std::int64_t sums =
      partial_sums(s.images, s.images * s.window.out_size(), n * std::int64_t{sizeof(T)});
  const std::int64_t panels = parts_of(depth, panel), parts = line_parts(s, sums, panels);
  const Columns<T> columns(s, Columns<T>::Gaps::narrow, 1);
  const Scratch<T> others((sums - 1) * n);
  parallel_for(sums * parts, 1, [&](std::int64_t begin, std::int64_t end) {
    WeightGradient<T> gradient(s, columns);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t k = i / parts, part = i % parts;
      const Lines lines{panels * part / parts * panel,
                        std::min(depth, panels * (part + 1) / parts * panel)};
      T* sum = k == 0 ? total : others.data() + (k - 1) * n;
      for (std::int64_t row = 0; row < s.groups * s.out_channels; ++row) {
        std::fill(sum + row * depth + lines.begin, sum + row * depth + lines.end, T{0});
      }
      for (std::int64_t image = s.images * k / sums; image < s.images * (k + 1) / sums; ++image) {
        for (std::int64_t group = 0; group < s.groups; ++group) {
          add_image(gradient, image * s.groups + group, lines,
                    sum + group * s.out_channels * depth);
        }
      }
    }
  });
  parallel_for(n, elementwise_grain,
               [=, others = others.data()](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t k = 0; k < sums - 1; ++k) {
                   for (std::int64_t i = begin; i < end; ++i) total[i] += others[k * n + i];
                 }
               });
}

}  // namespace

template <class T>
void conv2d_weight_gradient(const ConvolutionSizes& s, const T* x, const T* dy, T* dweight) {
  if (suits_winograd(s)) {
    if (conv2d_weight_gradient_by_winograd(s, x, dy, dweight)) return;
  } else if (suits_dot<T>(s)) {
    conv2d_weight_gradient_by_dot(s, x, dy, dweight);
    if (all_finite(dweight, s.weight_size())) return;
  }
  sum_over_images<T>(s, dweight,
                     [&](WeightGradient<T>& gradient, std::int64_t image, Lines lines, T* sum) {
                       gradient.compute(image, x, dy, lines, true, sum + lines.begin, s.depth());
                     });
}

template <class T>
void conv2d_weight_squares(const ConvolutionSizes& s, const T* x, const T* dy, T* squares) {
  sum_over_images<T>(s, squares,
                     [&](WeightGradient<T>& gradient, std::int64_t image, Lines lines, T* sum) {
                       const std::int64_t width = lines.end - lines.begin;
                       const Scratch<T> own(s.out_channels * width);  // the gradient of one image
                       gradient.compute(image, x, dy, lines, false, own.data(), width);
                       for (std::int64_t c = 0; c < s.out_channels; ++c) {
                         const T* from = own.data() + c * width;
                         T* to = sum + c * s.depth() + lines.begin;
                         for (std::int64_t i = 0; i < width; ++i) to[i] += from[i] * from[i];
                       }
                     });
}

#define INSTANTIATE(T)                                                                   \
  template void conv2d_weight_gradient(const ConvolutionSizes&, const T*, const T*, T*); \
  template void conv2d_weight_squares(const ConvolutionSizes&, const T*, const T*, T*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
