#include <engram/autograd/kernels/columns.h>
#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>
#include <engram/autograd/kernels/scratch.h>

#include <algorithm>

// The weight's gradients: products of dy and the transpose of the columns, strip by strip. Each
// thread sums over its share of the images.
namespace engram::kernels {
namespace {

/// What one thread works with.
template <class T>
class WeightGradient {
 public:
  WeightGradient(const ConvolutionSizes& s, const Columns<T>& columns, T* room)
      : s_(s), columns_(columns), left_(room) {
    panel_ = left_ + blocks(s, columns.rows()).left_room();
    padded_ = panel_ + blocks(s, columns.rows()).right_room() + Columns<T>::panel_slack;
  }
  static std::int64_t room(const ConvolutionSizes& s, const Columns<T>& columns) {
    const ProductBlocks<T> most = blocks(s, columns.rows());
    return most.left_room() + most.right_room() + Columns<T>::panel_slack + columns.padded_room();
  }

  /// dweight (out channels, depth) = that of one group of channels of one image, `image` being
  /// image · groups + group, added to dweight if `add`.
  void compute(std::int64_t image, const T* x, const T* dy, bool add, T* dweight) {
    const std::int64_t height = s_.window.height.out, width = s_.window.width.out;
    const T* own_x = x + image * s_.in_channels * s_.window.in_size();
    const T* own_dy = dy + image * s_.out_channels * s_.window.out_size();
    for (std::int64_t row = 0; row < height; row += columns_.rows()) {
      columns_.load(own_x, row, padded_);
      multiply_strip(std::min(columns_.rows(), height - row), own_dy + row * width, add || row > 0,
                     dweight);
    }
  }

 private:
  static ProductBlocks<T> blocks(const ConvolutionSizes& s, std::int64_t rows) {
    return {&tiles<T>(), s.out_channels, rows * s.window.width.out};
  }

  void multiply_strip(std::int64_t rows, const T* dy, bool add, T* dweight) {
    const ProductBlocks<T> sizes = blocks(s_, rows);
    const auto left = [&](auto top, auto bottom, auto first, auto depth) {
      pack_tiles(*sizes.tiles, sizes.tiles->rows, {dy, s_.window.out_size(), 1}, top, bottom, first,
                 depth, left_);
      return left_;
    };
    const auto right = [&](auto line, auto lines, auto first, auto depth, auto width, T* to) {
      columns_.pack_transposed(*sizes.tiles, padded_, line, lines, first, depth, width, to);
    };
    multiply(sizes, s_.depth(), left, right, panel_, add, dweight, s_.depth());
  }

  const ConvolutionSizes& s_;
  const Columns<T>& columns_;
  T *left_, *panel_, *padded_;
};

/// total (weight's size) = the sum over the images of what `add_image(part, gradient, image, sum)`
/// adds to `sum`, each thread's own.
template <class T, class F>
void sum_over_images(const ConvolutionSizes& s, T* total, F add_image) {
  const std::int64_t parts = s.parts(s.images), n = s.weight_size();
  const Columns<T> columns(s);
  const std::int64_t room_of_part = WeightGradient<T>::room(s, columns);
  const Scratch<T> room(parts * room_of_part), others((parts - 1) * n);
  parallel_parts(parts, s.images, [&](auto part, auto first, auto last) {
    WeightGradient<T> gradient(s, columns, room.data() + part * room_of_part);
    T* sum = part == 0 ? total : others.data() + (part - 1) * n;
    std::fill_n(sum, n, T{0});
    for (std::int64_t image = first; image < last; ++image) {
      for (std::int64_t group = 0; group < s.groups; ++group) {
        add_image(part, gradient, image * s.groups + group,
                  sum + group * s.out_channels * s.depth());
      }
    }
  });
  parallel_for(n, elementwise_grain,
               [=, others = others.data()](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t part = 0; part < parts - 1; ++part) {
                   for (std::int64_t i = begin; i < end; ++i) total[i] += others[part * n + i];
                 }
               });
}

}  // namespace

template <class T>
void conv2d_weight_gradient(const ConvolutionSizes& s, const T* x, const T* dy, T* dweight) {
  if (suits_winograd(s)) return conv2d_weight_gradient_by_winograd(s, x, dy, dweight);
  if (suits_dot<T>(s)) return conv2d_weight_gradient_by_dot(s, x, dy, dweight);
  sum_over_images<T>(s, dweight,
                     [&](std::int64_t, WeightGradient<T>& gradient, std::int64_t image, T* sum) {
                       gradient.compute(image, x, dy, true, sum);
                     });
}

template <class T>
void conv2d_weight_squares(const ConvolutionSizes& s, const T* x, const T* dy, T* squares) {
  const std::int64_t n = s.out_channels * s.depth();
  const Scratch<T> own(s.parts(s.images) * n);  // the gradient of one image
  sum_over_images<T>(
      s, squares, [&](std::int64_t part, WeightGradient<T>& gradient, std::int64_t image, T* sum) {
        T* of_image = own.data() + part * n;
        gradient.compute(image, x, dy, false, of_image);
        for (std::int64_t i = 0; i < n; ++i) sum[i] += of_image[i] * of_image[i];
      });
}

#define INSTANTIATE(T)                                                                   \
  template void conv2d_weight_gradient(const ConvolutionSizes&, const T*, const T*, T*); \
  template void conv2d_weight_squares(const ConvolutionSizes&, const T*, const T*, T*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
