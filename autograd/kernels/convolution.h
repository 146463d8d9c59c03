#pragma once

#include <engram/autograd/kernels/window.h>

#include <cstdint>

// 2-d convolution as products with columns: the columns of an image hold, for each position of the
// window, the elements that it sees.
//
//     x (images, groups · in channels, in height, in width)
//     weight (groups · out channels, in channels, kernel height, kernel width)
//     y (images, groups · out channels, out height, out width)
//
// The threads share the images, or strips of them. The sums of the weight's gradient over the
// images are made in an order that the sizes alone decide: no result depends on the number of
// threads. f32 and f64.
namespace engram::kernels {

struct ConvolutionSizes {
  std::int64_t images, groups;
  std::int64_t in_channels, out_channels;  // of one group
  Window window;

  /// The inner size of the products, and the rows of the columns.
  std::int64_t depth() const { return in_channels * window.kernel_size(); }
  std::int64_t weight_size() const { return groups * out_channels * depth(); }

  /// Into how many shares `units` of the work are divided, one a thread: as many as are worth it.
  std::int64_t parts(std::int64_t units) const;
};

/// Into how many partial sums, of `bytes` each, a sum over `items`, images or strips, is divided,
/// whose every element has `additions` terms in all. The sizes alone decide, not the number of
/// threads, so that the result does not depend on it. A power of two.
std::int64_t partial_sums(std::int64_t items, std::int64_t additions, std::int64_t bytes);

/// y = x convolved with the weight, plus bias (groups · out channels), which may be null.
template <class T>
void conv2d(const ConvolutionSizes& sizes, const T* x, const T* weight, const T* bias, T* y);

/// Where a convolution finds its weight: element p of the depth of an output channel is
/// data[group · group_stride + channel · channel_stride + elements[p]].
template <class T>
struct WeightView {
  const T* data;
  std::int64_t group_stride, channel_stride;
  const std::int64_t* elements;  // null: p itself
};

/// conv2d by the sums of its definition, for any sizes.
template <class T>
void conv2d_direct(const ConvolutionSizes& sizes, const T* x, const WeightView<T>& weight,
                   const T* bias, T* y);

/// Kernels of 3 × 3, one for each pair of an output and an input channel.
template <class T>
struct Kernels3x3 {
  const T* data;
  std::int64_t out_stride, in_stride;  // from one channel to the next
  bool turned;                         // by half a turn

  const T* of(std::int64_t out, std::int64_t in) const {
    return data + out * out_stride + in * in_stride;
  }
};

/// y as above for kernels of 3 × 3, with stride and dilation 1 and one group, by fewer
/// multiplications. On the way are sums of what the definition keeps apart, which may be too large
/// or too small for T where y is not, and which ∞ makes NaN of. Returns whether that was seen: y is
/// right if true, and else needs one of the other ways.
template <class T>
bool conv2d_by_winograd(const ConvolutionSizes& sizes, const T* x, const Kernels3x3<T>& kernels,
                        const T* bias, T* y);

/// Whether `conv2d_by_winograd` and its gradients can be used, and are the faster way.
bool suits_winograd(const ConvolutionSizes& sizes);

/// dx from dy, which has y's shape.
template <class T>
void conv2d_input_gradient(const ConvolutionSizes& sizes, const T* dy, const T* weight, T* dx);

/// The same for any sizes, and the faster way where the channels of x are few.
template <class T>
void conv2d_input_gradient_by_col2im(const ConvolutionSizes& sizes, const T* dy, const T* weight,
                                     T* dx);

/// The weight's gradient, summed over the images. The zeros of the padding count as any others:
/// 0·∞ is NaN, in y too.
template <class T>
void conv2d_weight_gradient(const ConvolutionSizes& sizes, const T* x, const T* dy, T* dweight);

/// The same where `suits_winograd`, right if it returns true.
template <class T>
bool conv2d_weight_gradient_by_winograd(const ConvolutionSizes& sizes, const T* x, const T* dy,
                                        T* dweight);

/// The same where `suits_dot`, by sums that stay vectors, one for each element of the weight. What
/// fills the last vector up is multiplied by 0: dweight is right if it is finite.
template <class T>
void conv2d_weight_gradient_by_dot(const ConvolutionSizes& sizes, const T* x, const T* dy,
                                   T* dweight);

/// Whether `conv2d_weight_gradient_by_dot` is the faster way: where there are few channels.
template <class T>
bool suits_dot(const ConvolutionSizes& sizes);

/// The sum over the images of the square of each image's own weight gradient.
template <class T>
void conv2d_weight_squares(const ConvolutionSizes& sizes, const T* x, const T* dy, T* squares);

}  // namespace engram::kernels
