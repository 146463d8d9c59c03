#include <engram/autograd/error.h>
#include <engram/autograd/kernels/instruction_set.h>
#include <engram/data/transforms/warp.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <numbers>

namespace engram::data {
namespace {

/// The two pixels next to a coordinate along one axis, and their weights: 0 outside the image.
struct Neighbours {
  std::int32_t first, second;
  float first_weight, second_weight;
};

Neighbours neighbours(float place, std::int32_t size) {
  // Shifted by 1, so that the conversion, which truncates, rounds down; NaN counts as outside.
  const float counted = place + 1;
  const float bounded = counted > 0 ? std::min(counted, static_cast<float>(size + 1)) : 0.0f;
  const auto below = static_cast<std::int32_t>(bounded);
  const float part = bounded - static_cast<float>(below);
  const std::int32_t first = below - 1;
  return {std::clamp(first, 0, size - 1), std::min(first + 1, size - 1),
          first >= 0 && first < size ? 1 - part : 0, first + 1 < size ? part : 0};
}

template <class X>
void warp_image(const X* x, const Places& from, X* y) {
  const auto height = static_cast<std::int32_t>(from.height);
  const auto width = static_cast<std::int32_t>(from.width);
  const std::int64_t n = from.height * from.width;
  const float* rows = from.rows.data();
  const float* columns = from.columns.data();
  for (std::int64_t i = 0; i < n; ++i) {
    const Neighbours r = neighbours(rows[i], height), c = neighbours(columns[i], width);
    const X *upper = x + r.first * width, *lower = x + r.second * width;
    const auto across = [&c](const X* row) {
      return c.first_weight * static_cast<float>(row[c.first]) +
             c.second_weight * static_cast<float>(row[c.second]);
    };
    const float value = r.first_weight * across(upper) + r.second_weight * across(lower);
    y[i] = static_cast<X>(std::same_as<X, float> ? value : value + 0.5f);
  }
}

}  // namespace

Linear Linear::then(const Linear& after) const {
  return {after.rr * rr + after.rc * cr, after.rr * rc + after.rc * cc,
          after.cr * rr + after.cc * cr, after.cr * rc + after.cc * cc};
}

Linear rotation(double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  const double c = std::cos(angle), s = std::sin(angle);
  return {c, -s, s, c};
}

namespace {

/// Coordinates are f32, exact below 2^24, and pixel indices have 32 bits.
std::size_t pixels_of(std::int64_t height, std::int64_t width) {
  constexpr std::int64_t exact = 1 << 24, limit = std::numeric_limits<std::int32_t>::max();
  check(height >= 0 && width >= 0 && height < exact && width < exact && height * width <= limit,
        "warp: an image of {} x {} pixels is too large", height, width);
  return static_cast<std::size_t>(height * width);
}

}  // namespace

Places::Places(std::int64_t height_, std::int64_t width_)
    : height(height_),
      width(width_),
      rows(pixels_of(height_, width_)),
      columns(pixels_of(height_, width_)) {}

void Places::set(const Linear& map, double shift_row, double shift_column) {
  const double middle_row = static_cast<double>(height - 1) / 2;
  const double middle_column = static_cast<double>(width - 1) / 2;
  std::size_t i = 0;
  for (std::int64_t row = 0; row < height; ++row) {
    for (std::int64_t column = 0; column < width; ++column, ++i) {
      const double r = static_cast<double>(row) - middle_row;
      const double c = static_cast<double>(column) - middle_column;
      rows[i] = static_cast<float>(map.rr * r + map.rc * c + middle_row + shift_row);
      columns[i] = static_cast<float>(map.cr * r + map.cc * c + middle_column + shift_column);
    }
  }
}

void warp(const std::uint8_t* x, const Places& from, std::uint8_t* y) {
  kernels::vectorized([&] { warp_image(x, from, y); });
}
void warp(const float* x, const Places& from, float* y) {
  kernels::vectorized([&] { warp_image(x, from, y); });
}

}  // namespace engram::data
