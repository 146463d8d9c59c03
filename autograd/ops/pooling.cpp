#include <engram/autograd/kernels/pooling.h>
#include <engram/autograd/ops/indexing.h>
#include <engram/autograd/ops/pooling.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/ops/window.h>
#include <engram/autograd/record.h>

#include <limits>

namespace engram {
namespace {

std::int64_t planes(const Tensor& x) { return x.size(0) * x.size(1); }

Shape with_images(const Tensor& x, std::int64_t height, std::int64_t width) {
  return {x.size(0), x.size(1), height, width};
}

void check_images(const char* op, const Tensor& x) {
  check_shape(x.rank() == 4, "{}: input must be (n, channels, height, width), got {}", op,
              x.shape());
  check_shape(x.size(2) > 0 && x.size(3) > 0, "{}: the images of input {} are empty", op,
              x.shape());
}

kernels::Window pooling_window(const char* op, const Tensor& x, WindowOptions options) {
  check_images(op, x);
  options.image = {x.size(2), x.size(3)};
  const kernels::Window window = sliding_window(op, options);
  const auto& [image, kernel, stride, padding, dilation, ceil_mode] = options;
  check(2 * padding.height <= kernel.height && 2 * padding.width <= kernel.width,
        "{}: padding must be at most half of the kernel {}, got {}", op, kernel, padding);
  return window;
}

/// Whether every window has a tap inside the image; the taps of a dilated one can straddle it.
bool sees_image(const kernels::WindowAxis& axis) {
  for (std::int64_t o = 0; o < axis.out && axis.at(o, 0) < 0; ++o) {
    const auto taps = axis.taps(o);
    if (taps.begin >= taps.end) return false;
  }
  return true;
}

/// The gradient of max_pool2d: scatters dy to the positions of the maxima of x. Its own gradient
/// gathers from these positions.
Tensor max_pool2d_backward(const kernels::Window& window, const Tensor& x, const Tensor& dy) {
  const char* op = "max_pool2d_backward";
  Tensor dx = dispatch_floating(op, dy.dtype(), [&]<class T>() {
    Tensor out(x.shape(), dy.dtype());
    kernels::max_pool2d_backward(window, planes(x), x.data<T>().data(), dy.data<T>().data(),
                                 out.data<T>().data());
    return out;
  });
  return record(op, dx, {dy},
                [op, window, x = Saved(x), shape = dy.shape()](const Tensor& ddx, Gradients& d) {
                  const std::int64_t n = planes(x);
                  Tensor positions({n, window.out_size()}, i64);
                  dispatch_floating(op, x.dtype(), [&]<class T>() {
                    kernels::max_pool2d_positions(window, n, x.data<T>().data(),
                                                  positions.data<std::int64_t>().data());
                  });
                  d[0] = reshape(gather(reshape(ddx, {n, window.in_size()}), 1, positions), shape);
                });
}

Attributes attributes_of(const MaxPool2dOptions& options) {
  return {{"kernel", options.kernel},
          {"stride", options.stride},
          {"padding", options.padding},
          {"dilation", options.dilation},
          {"ceil_mode", options.ceil_mode}};
}

Attributes attributes_of(const AvgPool2dOptions& options) {
  return {{"kernel", options.kernel},
          {"stride", options.stride},
          {"padding", options.padding},
          {"ceil_mode", options.ceil_mode},
          {"count_include_pad", options.count_include_pad}};
}

Attributes attributes_of(Size2d output) { return {{"output", output}}; }

template <class W, class O>
Tensor mean_pool2d_backward(const char* op, const char* forward, const Tensor& dy, const W& rows,
                            const W& columns, const O& options);

/// Means over windows; `op` and `backward` are the names on the tape.
template <class W, class O>
Tensor mean_pool2d(const char* op, const char* backward, const Tensor& x, const W& rows,
                   const W& columns, const O& options) {
  Tensor y = dispatch_floating(op, x.dtype(), [&]<class T>() {
    Tensor out(with_images(x, rows.out(), columns.out()), x.dtype());
    kernels::mean_pool2d(rows, columns, planes(x), x.data<T>().data(), out.data<T>().data());
    return out;
  });
  return record(
      op, y, {x},
      [op, backward, rows, columns, options](const Tensor& dy, Gradients& d) {
        d[0] = mean_pool2d_backward(backward, op, dy, rows, columns, options);
      },
      [&] { return attributes_of(options); });
}

template <class W, class O>
Tensor mean_pool2d_backward(const char* op, const char* forward, const Tensor& dy, const W& rows,
                            const W& columns, const O& options) {
  Tensor dx = dispatch_floating(op, dy.dtype(), [&]<class T>() {
    Tensor out(with_images(dy, rows.in(), columns.in()), dy.dtype());
    kernels::mean_pool2d_backward(rows, columns, planes(dy), dy.data<T>().data(),
                                  out.data<T>().data());
    return out;
  });
  return record(
      op, dx, {dy},
      [op, forward, rows, columns, options](const Tensor& ddx, Gradients& d) {
        d[0] = mean_pool2d(forward, op, ddx, rows, columns, options);
      },
      [&] { return attributes_of(options); });
}

}  // namespace

Tensor max_pool2d(const Tensor& x, const MaxPool2dOptions& options) {
  const auto& [kernel, stride, padding, dilation, ceil_mode] = options;
  const kernels::Window window =
      pooling_window("max_pool2d", x, {0, kernel, stride, padding, dilation, ceil_mode});
  // Of the elements of an image with its rows of padding: their positions are 32-bit.
  constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max();
  check_shape(x.size(2) + 2 * padding.height <= limit / x.size(3),
              "max_pool2d: the images of input {} are too large", x.shape());
  check_shape(sees_image(window.height) && sees_image(window.width),
              "max_pool2d: a window of kernel {} with dilation {} sees only padding of input {}",
              kernel, dilation, x.shape());
  Tensor y = dispatch_floating("max_pool2d", x.dtype(), [&]<class T>() {
    Tensor out(with_images(x, window.height.out, window.width.out), x.dtype());
    kernels::max_pool2d(window, planes(x), x.data<T>().data(), out.data<T>().data());
    return out;
  });
  return record(
      "max_pool2d", y, {x},
      [window, x = Saved(x)](const Tensor& dy, Gradients& d) {
        d[0] = max_pool2d_backward(window, x, dy);
      },
      [&] { return attributes_of(options); });
}

Tensor avg_pool2d(const Tensor& x, const AvgPool2dOptions& options) {
  const auto& [kernel, stride, padding, ceil_mode, count_include_pad] = options;
  const auto [height, width] =
      pooling_window("avg_pool2d", x, {0, kernel, stride, padding, 1, ceil_mode});
  return mean_pool2d("avg_pool2d", "avg_pool2d_backward", x,
                     kernels::MeanWindow{height, count_include_pad},
                     kernels::MeanWindow{width, count_include_pad}, options);
}

Tensor adaptive_avg_pool2d(const Tensor& x, Size2d output) {
  check_images("adaptive_avg_pool2d", x);
  check(output.height >= 1 && output.width >= 1,
        "adaptive_avg_pool2d: output must be at least 1, got {}", output);
  return mean_pool2d("adaptive_avg_pool2d", "adaptive_avg_pool2d_backward", x,
                     kernels::AdaptiveWindow{x.size(2), output.height},
                     kernels::AdaptiveWindow{x.size(3), output.width}, output);
}

}  // namespace engram
