#include <engram/autograd/dtype.h>
#include <engram/data/transforms/augment.h>
#include <engram/data/transforms/image.h>

#include <cmath>

namespace engram::data {
namespace {

void check_probability(const char* caller, double p) {
  check(p >= 0 && p <= 1, "{}: p must be in [0, 1], got {}", caller, p);
}

/// Beyond it no image is small enough for a tensor; up to it no sum of sizes overflows.
void check_margin(const char* caller, const char* option, Size2d margin) {
  constexpr std::int64_t limit = std::int64_t{1} << 26;
  check(margin.height >= 0 && margin.width >= 0 && margin.height <= limit && margin.width <= limit,
        "{}: {} must be in [0, 2^26], got {}", caller, option, margin);
}

double uniform(Generator& generator, double low, double high) {
  return low + (high - low) * generator.uniform();
}

/// In [0, n].
std::int64_t up_to(Generator& generator, std::int64_t n) { return generator.below(n + 1); }

}  // namespace

Tensor random_horizontal_flip(const Tensor& x, Generator& generator, double p) {
  check_image("random_horizontal_flip", x);
  check_probability("random_horizontal_flip", p);
  return generator.uniform() < p ? hflip(x) : x;
}

Tensor random_shift(const Tensor& x, Generator& generator, Size2d pixels) {
  check_image("random_shift", x);
  check_margin("random_shift", "pixels", pixels);
  const std::int64_t top = up_to(generator, 2 * pixels.height) - pixels.height;
  const std::int64_t left = up_to(generator, 2 * pixels.width) - pixels.width;
  if (top == 0 && left == 0) return x;
  return crop(x, top, left, {x.size(-2), x.size(-1)});
}

Tensor random_crop(const Tensor& x, Generator& generator, const RandomCropOptions& options) {
  check_image("random_crop", x);
  const auto [size, padding] = options;
  check(size.height >= 0 && size.width >= 0, "random_crop: the size must be at least 0, got {}",
        size);
  check_margin("random_crop", "padding", padding);
  const std::int64_t down = x.size(-2) + 2 * padding.height - size.height;
  const std::int64_t across = x.size(-1) + 2 * padding.width - size.width;
  check_shape(down >= 0 && across >= 0,
              "random_crop: a window of {} is larger than the image {} with a padding of {}", size,
              Size2d(x.size(-2), x.size(-1)), padding);
  const std::int64_t top = up_to(generator, down) - padding.height;
  const std::int64_t left = up_to(generator, across) - padding.width;
  return crop(x, top, left, size);
}

Tensor random_rotation(const Tensor& x, Generator& generator, double degrees) {
  check_image("random_rotation", x);
  check_among(Types<float, std::uint8_t>(), "random_rotation", x.dtype());
  check(degrees >= 0 && std::isfinite(degrees),
        "random_rotation: degrees must be finite and at least 0, got {}", degrees);
  return rotate(x, degrees * uniform(generator, -1, 1));
}

Tensor random_erasing(const Tensor& x, Generator& generator, const RandomErasingOptions& options) {
  check_image("random_erasing", x);
  const auto& [p, scale, ratio, value] = options;
  check_probability("random_erasing", p);
  check(scale[0] >= 0 && scale[0] <= scale[1] && scale[1] <= 1,
        "random_erasing: scale must be a range in [0, 1], got {{{}, {}}}", scale[0], scale[1]);
  check(ratio[0] > 0 && ratio[0] <= ratio[1] && std::isfinite(ratio[1]),
        "random_erasing: ratio must be a range of finite numbers above 0, got {{{}, {}}}", ratio[0],
        ratio[1]);
  if (generator.uniform() >= p) return x;

  const auto height = static_cast<double>(x.size(-2)), width = static_cast<double>(x.size(-1));
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = height * width * uniform(generator, scale[0], scale[1]);
    const double shape = std::exp(uniform(generator, std::log(ratio[0]), std::log(ratio[1])));
    // Halves are rounded to even numbers, as by Python's round.
    const double h = std::nearbyint(std::sqrt(area * shape));
    const double w = std::nearbyint(std::sqrt(area / shape));
    if (!(h < height && w < width)) continue;
    const Size2d size(static_cast<std::int64_t>(h), static_cast<std::int64_t>(w));
    const std::int64_t top = up_to(generator, x.size(-2) - size.height);
    const std::int64_t left = up_to(generator, x.size(-1) - size.width);
    return erase(x, top, left, size, value);
  }
  return x;
}

}  // namespace engram::data
