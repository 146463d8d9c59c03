#include <engram/autograd/error.h>
#include <engram/autograd/ops/window.h>

#include <limits>

namespace engram {
namespace {

// No sum or product of two sizes up to this overflows.
constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max();

void check_option(const char* op, const char* name, const Size2d& value, std::int64_t least) {
  check(value.height >= least && value.width >= least, "{}: {} must be at least {}, got {}", op,
        name, least, value);
  check(value.height <= limit && value.width <= limit, "{}: {} {} is too large", op, name, value);
}

std::int64_t span(std::int64_t kernel, std::int64_t dilation) {
  return dilation * (kernel - 1) + 1;
}

/// The number of positions of the window, by PyTorch's formula; below 1 when there are none.
std::int64_t positions(std::int64_t in, std::int64_t kernel, std::int64_t stride,
                       std::int64_t padding, std::int64_t dilation, bool ceil_mode) {
  const std::int64_t last = in + 2 * padding - span(kernel, dilation);  // offset that fits
  if (last < 0 && !(ceil_mode && -last < stride)) return 0;
  std::int64_t out = last < 0 ? 1 : last / stride + 1;
  if (ceil_mode && last > 0 && last % stride != 0) ++out;
  // A window must begin inside the image or the padding before it.
  if (ceil_mode && (out - 1) * stride >= in + padding) --out;
  return out;
}

}  // namespace

kernels::Window sliding_window(const char* op, const WindowOptions& options) {
  const auto& [image, kernel, stride, padding, dilation, ceil_mode] = options;
  check_option(op, "kernel", kernel, 1);
  check_option(op, "stride", stride, 1);
  check_option(op, "padding", padding, 0);
  check_option(op, "dilation", dilation, 1);
  check_shape(image.height <= limit && image.width <= limit, "{}: input {} is too large", op,
              image);

  const Size2d out(
      positions(image.height, kernel.height, stride.height, padding.height, dilation.height,
                ceil_mode),
      positions(image.width, kernel.width, stride.width, padding.width, dilation.width, ceil_mode));
  if (out.height < 1 || out.width < 1) {
    const Size2d dilated(span(kernel.height, dilation.height), span(kernel.width, dilation.width));
    const Size2d padded(image.height + 2 * padding.height, image.width + 2 * padding.width);
    fail<ShapeError>("{}: kernel {}{} is larger than the padded input {}", op, kernel,
                     dilated == kernel ? "" : fmt::format(" dilated to {}", dilated), padded);
  }
  check_shape(out.height <= limit / out.width, "{}: output {} is too large", op, out);
  return {{image.height, kernel.height, stride.height, padding.height, dilation.height, out.height},
          {image.width, kernel.width, stride.width, padding.width, dilation.width, out.width}};
}

}  // namespace engram
