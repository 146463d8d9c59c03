#include <engram/autograd/kernels/convolution.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/ops/convolution.h>
#include <engram/autograd/ops/map.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/ops/window.h>

#include <limits>

namespace engram {
namespace {

/// Checks the shapes and options of a convolution against each other.
kernels::ConvolutionSizes convolution_sizes(const char* op, const Shape& input, const Shape& weight,
                                            const Conv2dOptions& options) {
  check_shape(input.rank() == 4, "{}: input must be (n, channels, height, width), got {}", op,
              input);
  check_shape(weight.rank() == 4, "{}: weight must be (out, in / groups, height, width), got {}",
              op, weight);
  const std::int64_t groups = options.groups, in = input[1], out = weight[0];
  check(groups >= 1, "{}: groups must be at least 1, got {}", op, groups);
  check_shape(in % groups == 0 && out % groups == 0,
              "{}: {} groups do not divide {} input and {} output channels", op, groups, in, out);
  check_shape(in / groups == weight[1], "{}: input has {} channels, weight {} expects {}", op, in,
              weight, weight[1] * groups);
  const kernels::Window window = sliding_window(op, {.image = {input[2], input[3]},
                                                     .kernel = {weight[2], weight[3]},
                                                     .stride = options.stride,
                                                     .padding = options.padding,
                                                     .dilation = options.dilation});
  // The limit of matrix products; the im2col matrix must have fewer than 2^53 elements.
  constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max();
  check_shape(out <= limit && weight[1] <= limit / weight[2] / weight[3] &&
                  weight[1] * weight[2] * weight[3] <= (std::int64_t{1} << 53) / window.out_size(),
              "{}: input {} and weight {} are too large", op, input, weight);
  return {input[0], groups, in / groups, out / groups, window};
}

Shape output_shape(const kernels::ConvolutionSizes& sizes) {
  return {sizes.images, sizes.groups * sizes.out_channels, sizes.window.height.out,
          sizes.window.width.out};
}

kernels::ConvolutionSizes gradient_sizes(const char* op, const Shape& dy, const Shape& input,
                                         const Shape& weight, const Conv2dOptions& options) {
  const auto sizes = convolution_sizes(op, input, weight, options);
  check_shape(dy == output_shape(sizes), "{}: dy is {}, input {} and weight {} make {}", op, dy,
              input, weight, output_shape(sizes));
  return sizes;
}

Attributes convolution_attributes(const Conv2dOptions& options) {
  return {{"stride", options.stride},
          {"padding", options.padding},
          {"dilation", options.dilation},
          {"groups", options.groups}};
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Conv2dOptions& options) {
  const auto sizes = convolution_sizes("conv2d", x.shape(), weight.shape(), options);
  check_same_dtype("conv2d", x, weight);
  if (bias.defined()) {
    check_shape(bias.shape() == Shape{weight.size(0)},
                "conv2d: bias is {}, weight {} expects ({},)", bias.shape(), weight.shape(),
                weight.size(0));
    check_same_dtype("conv2d", x, bias);
  }
  Tensor y = dispatch_floating("conv2d", x.dtype(), [&]<class T>() {
    Tensor out(output_shape(sizes), x.dtype());
    kernels::conv2d(sizes, x.data<T>().data(), weight.data<T>().data(),
                    bias.defined() ? bias.data<T>().data() : nullptr, out.data<T>().data());
    return out;
  });
  return record(
      "conv2d", y, {x, weight, bias},
      [x = Saved(x), weight = Saved(weight), options](const Tensor& dy, Gradients& d) {
        if (d.wants(0)) d[0] = conv2d_input_gradient(dy, weight, x.shape(), options);
        if (d.wants(1)) d[1] = conv2d_weight_gradient(x, dy, weight.shape(), options);
        if (d.wants(2)) d[2] = sum(dy, {0, 2, 3});
      },
      [&] { return convolution_attributes(options); });
}

// Σ dy·y is trilinear in x, weight and dy, so the derivative by one of them is bilinear in the
// other two, and its gradients are again convolutions of this kind.

Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& weight, const Shape& input_shape,
                             const Conv2dOptions& options) {
  const char* op = "conv2d_input_gradient";
  const auto sizes = gradient_sizes(op, dy.shape(), input_shape, weight.shape(), options);
  check_same_dtype(op, dy, weight);
  Tensor dx = dispatch_floating(op, dy.dtype(), [&]<class T>() {
    Tensor out(input_shape, dy.dtype());
    kernels::conv2d_input_gradient(sizes, dy.data<T>().data(), weight.data<T>().data(),
                                   out.data<T>().data());
    return out;
  });
  return record(
      op, dx, {dy, weight},
      [dy = Saved(dy), weight = Saved(weight), options](const Tensor& ddx, Gradients& d) {
        if (d.wants(0)) d[0] = conv2d(ddx, weight, {}, options);
        if (d.wants(1)) d[1] = conv2d_weight_gradient(ddx, dy, weight.shape(), options);
      },
      [&] { return convolution_attributes(options); });
}

Tensor conv2d_weight_gradient(const Tensor& x, const Tensor& dy, const Shape& weight_shape,
                              const Conv2dOptions& options) {
  const char* op = "conv2d_weight_gradient";
  const auto sizes = gradient_sizes(op, dy.shape(), x.shape(), weight_shape, options);
  check_same_dtype(op, x, dy);
  Tensor dw = dispatch_floating(op, x.dtype(), [&]<class T>() {
    Tensor out(weight_shape, x.dtype());
    kernels::conv2d_weight_gradient(sizes, x.data<T>().data(), dy.data<T>().data(),
                                    out.data<T>().data());
    return out;
  });
  return record(
      op, dw, {x, dy},
      [x = Saved(x), dy = Saved(dy), options](const Tensor& ddw, Gradients& d) {
        if (d.wants(0)) d[0] = conv2d_input_gradient(dy, ddw, x.shape(), options);
        if (d.wants(1)) d[1] = conv2d(x, ddw, {}, options);
      },
      [&] { return convolution_attributes(options); });
}

Tensor conv2d_weight_squares(const Tensor& x, const Tensor& dy, const Shape& weight_shape,
                             const Conv2dOptions& options) {
  const char* op = "conv2d_weight_squares";
  const auto sizes = gradient_sizes(op, dy.shape(), x.shape(), weight_shape, options);
  check_same_dtype(op, x, dy);
  check_without_gradient(op, x);
  check_without_gradient(op, dy);
  Tensor squares(weight_shape, x.dtype());
  dispatch_floating(op, x.dtype(), [&]<class T>() {
    kernels::conv2d_weight_squares(sizes, x.data<T>().data(), dy.data<T>().data(),
                                   squares.data<T>().data());
  });
  return traced(op, squares, {x, dy}, [&] { return convolution_attributes(options); });
}

Tensor conv2d_patches(const Tensor& x, const Shape& weight_shape, const Conv2dOptions& options) {
  check(options.groups == 1, "conv2d_patches: needs one group, got {}", options.groups);
  const auto sizes = convolution_sizes("conv2d_patches", x.shape(), weight_shape, options);
  check_without_gradient("conv2d_patches", x);
  const kernels::WindowAxis height = sizes.window.height, width = sizes.window.width;
  const std::int64_t depth = sizes.depth();
  Tensor rows({sizes.images * sizes.window.out_size(), depth}, x.dtype());
  dispatch_floating("conv2d_patches", x.dtype(), [&]<class T>() {
    const T* from = x.data<T>().data();
    T* to = rows.data<T>().data();
    kernels::parallel_for_each(rows.size(0), depth, [=](std::int64_t row) {
      const std::int64_t image = row / (height.out * width.out);
      const std::int64_t oh = row / width.out % height.out, ow = row % width.out;
      T* patch = to + row * depth;
      for (std::int64_t c = 0; c < sizes.in_channels; ++c) {
        const T* plane = from + (image * sizes.in_channels + c) * height.in * width.in;
        for (std::int64_t k = 0; k < height.kernel; ++k) {
          for (std::int64_t l = 0; l < width.kernel; ++l) {
            const std::int64_t i = height.at(oh, k), j = width.at(ow, l);
            const bool inside = i >= 0 && i < height.in && j >= 0 && j < width.in;
            *patch++ = inside ? plane[i * width.in + j] : T{0};
          }
        }
      }
    });
  });
  return traced("conv2d_patches", rows, {x}, [&] { return convolution_attributes(options); });
}

}  // namespace engram
