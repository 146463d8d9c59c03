#pragma once

#include <engram/autograd/kernels/window.h>

#include <cstdint>

// 2-d convolution as a product with the columns (im2col): for each output position, the column of
// the elements of x under the kernel.
//
//     x (images, groups · in channels, in height, in width)
//     weight (groups · out channels, in channels, kernel height, kernel width)
//     y (images, groups · out channels, out height, out width)
//
// Parallel over the images, or strips of them. The weight's gradient is summed over the images in
// an order that depends on the sizes alone: no result depends on the number of threads. f32 and
// f64.
namespace engram::kernels {

struct ConvolutionSizes {
  std::int64_t images, groups;
  std::int64_t in_channels, out_channels;  // of one group
  Window window;

  /// The inner size of the products: the length of a column.
  std::int64_t depth() const { return in_channels * window.kernel_size(); }
  std::int64_t weight_size() const { return groups * out_channels * depth(); }

  /// The number of threads worth using when `units` units of work are divided among them.
  std::int64_t parts(std::int64_t units) const;
};

/// The number of partial sums, of `bytes` each, for a sum over `items` images or strips with
/// `additions` terms in each element. A power of two, which depends on the sizes alone, so that the
/// result does not depend on the number of threads.
std::int64_t partial_sums(std::int64_t items, std::int64_t additions, std::int64_t bytes);

/// y = x convolved with the weight, plus bias (groups · out channels), which may be null.
template <class T>
void conv2d(const ConvolutionSizes& sizes, const T* x, const T* weight, const T* bias, T* y);

/// A strided view of a convolution's weight: element p of the depth of an output channel is
/// data[group · group_stride + channel · channel_stride + elements[p]].
template <class T>
struct WeightView {
  const T* data;
  std::int64_t group_stride, channel_stride;
  const std::int64_t* elements;  // null: p itself
};

/// conv2d by direct summation, for any sizes.
template <class T>
void conv2d_direct(const ConvolutionSizes& sizes, const T* x, const WeightView<T>& weight,
                   const T* bias, T* y);

/// 3 × 3 kernels, one for each pair of an output and an input channel.
template <class T>
struct Kernels3x3 {
  const T* data;
  std::int64_t out_stride, in_stride;  // from one channel to the next
  bool flipped;                        // in height and width

  const T* of(std::int64_t out, std::int64_t in) const {
    return data + out * out_stride + in * in_stride;
  }
};

/// y as above for 3 × 3 kernels with stride and dilation 1 and one group, with fewer
/// multiplications. Intermediate sums may overflow or underflow where y does not, and turn ∞ into
/// NaN. Returns whether y is right; if false, y must be computed by another algorithm.
template <class T>
bool conv2d_by_winograd(const ConvolutionSizes& sizes, const T* x, const Kernels3x3<T>& kernels,
                        const T* bias, T* y);

/// Whether `conv2d_by_winograd` and its gradients are applicable, and the fastest.
bool suits_winograd(const ConvolutionSizes& sizes);

/// dx from dy, which has y's shape.
template <class T>
void conv2d_input_gradient(const ConvolutionSizes& sizes, const T* dy, const T* weight, T* dx);

/// The same for any sizes; the fastest for few channels of x.
template <class T>
void conv2d_input_gradient_by_col2im(const ConvolutionSizes& sizes, const T* dy, const T* weight,
                                     T* dx);

/// The weight's gradient, summed over the images. The zeros of the padding are multiplied: 0·∞ is
/// NaN, as in y.
template <class T>
void conv2d_weight_gradient(const ConvolutionSizes& sizes, const T* x, const T* dy, T* dweight);

/// The same, if `suits_winograd`. Returns whether dweight is right.
template <class T>
bool conv2d_weight_gradient_by_winograd(const ConvolutionSizes& sizes, const T* x, const T* dy,
                                        T* dweight);

/// The same, if `suits_dot`, with a vector of partial sums for each element of the weight. The last
/// vector of x has excess elements, multiplied by 0: dweight is right if it is finite.
template <class T>
void conv2d_weight_gradient_by_dot(const ConvolutionSizes& sizes, const T* x, const T* dy,
                                   T* dweight);

/// Whether `conv2d_weight_gradient_by_dot` is the fastest: for few channels.
template <class T>
bool suits_dot(const ConvolutionSizes& sizes);

/// The sum over the images of the square of each image's weight gradient.
template <class T>
void conv2d_weight_squares(const ConvolutionSizes& sizes, const T* x, const T* dy, T* squares);

}  // namespace engram::kernels
