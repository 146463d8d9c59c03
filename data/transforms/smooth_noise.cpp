#include <engram/autograd/kernels/instruction_set.h>
#include <engram/data/transforms/smooth_noise.h>

#include <algorithm>
#include <cmath>

namespace engram::data {
namespace {

constexpr std::int64_t outside = 2;  // knots beyond the image on either side

}  // namespace

SmoothNoise::SmoothNoise(std::int64_t height, std::int64_t width, double sigma)
    : down_(height, sigma), across_(width, sigma) {}

SmoothNoise::Weights::Weights(std::int64_t pixels_, double sigma)
    : pixels(pixels_),
      knots(static_cast<std::int64_t>(std::ceil(static_cast<double>(pixels_) / sigma)) + 1 +
            2 * outside),
      values(static_cast<std::size_t>(knots * pixels)) {
  const auto at = [this](std::int64_t knot, std::int64_t pixel) -> float& {
    return values[static_cast<std::size_t>(knot * pixels + pixel)];
  };
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    const double place = static_cast<double>(pixel) / sigma + outside;  // in knots
    double squares = 0;
    for (std::int64_t knot = 0; knot < knots; ++knot) {
      const double distance = place - static_cast<double>(knot);
      const double weight = std::exp(-distance * distance / 2);
      at(knot, pixel) = static_cast<float>(weight);
      squares += weight * weight;
    }
    // Variance 1: the squares of the weights sum to 1 along each axis.
    const auto scale = static_cast<float>(1 / std::sqrt(squares));
    for (std::int64_t knot = 0; knot < knots; ++knot) at(knot, pixel) *= scale;
  }
}

void SmoothNoise::smooth(const float* noise, std::vector<float>& scratch, float* field) const {
  const std::int64_t height = down_.pixels, width = across_.pixels;
  scratch.resize(static_cast<std::size_t>(down_.knots * width));
  const auto add = [width](const float* x, float scale, float* y) {
    for (std::int64_t i = 0; i < width; ++i) y[i] += scale * x[i];
  };
  kernels::vectorized([&, rows = scratch.data()] {
    std::fill_n(rows, down_.knots * width, 0.0f);
    for (std::int64_t i = 0; i < down_.knots; ++i) {
      for (std::int64_t j = 0; j < across_.knots; ++j) {
        add(across_.of(j), noise[i * across_.knots + j], rows + i * width);
      }
    }
    std::fill_n(field, height * width, 0.0f);
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t i = 0; i < down_.knots; ++i) {
        add(rows + i * width, down_.of(i)[y], field + y * width);
      }
    }
  });
}

}  // namespace engram::data
