#pragma once

#include <engram/autograd/kernels/window.h>

#include <cstdint>

// 2-d convolution as matrix products of columns (im2col.h), one image at a time.
//
//     x (images, groups · in channels, in height, in width)
//     weight (groups · out channels, in channels, kernel height, kernel width)
//     y (images, groups · out channels, out height, out width)
//
// The images are shared out between the threads; when there are fewer images than threads, the
// products use all threads instead. f32 and f64.
namespace engram::kernels {

struct ConvolutionSizes {
  std::int64_t images, groups;
  std::int64_t in_channels, out_channels;  // of one group
  Window window;
};

/// y = x convolved with the weight, plus bias (groups · out channels), which may be null.
template <class T>
void conv2d(const ConvolutionSizes& sizes, const T* x, const T* weight, const T* bias, T* y);

/// dx from dy, which has y's shape.
template <class T>
void conv2d_input_gradient(const ConvolutionSizes& sizes, const T* dy, const T* weight, T* dx);

/// The weight's gradient, summed over the images.
template <class T>
void conv2d_weight_gradient(const ConvolutionSizes& sizes, const T* x, const T* dy, T* dweight);

/// The sum over the images of the square of each image's own weight gradient.
template <class T>
void conv2d_weight_squares(const ConvolutionSizes& sizes, const T* x, const T* dy, T* squares);

}  // namespace engram::kernels
