#pragma once

#include <cstdint>
#include <vector>

namespace engram::data {

/// A linear map of places in an image: (row, column) to (rr·row + rc·column, cr·row + cc·column).
/// Rows count downwards.
struct Linear {
  double rr = 1, rc = 0;
  double cr = 0, cc = 1;

  /// Where `after` maps what this maps a place to.
  Linear then(const Linear& after) const;
};

/// A counter-clockwise turn, as one sees it.
Linear rotation(double degrees);

/// Where each pixel of an image (height, width), in row-major order, is taken from: a row and a
/// column, that need not be whole and may lie outside.
struct Places {
  std::int64_t height;
  std::int64_t width;
  std::vector<float> rows, columns;

  /// All on pixel (0, 0). Error for sizes of 2^24, and for 2^31 pixels, or more.
  Places(std::int64_t height, std::int64_t width);

  /// Each pixel from where `map` maps it, about the middle of the image, and then the shift. To
  /// turn an image, its pixels are taken from where the turn back leads.
  void set(const Linear& map, double shift_row = 0, double shift_column = 0);
};

/// Takes the pixels of y from their places in x, both (height, width): between the middles of
/// pixels bilinear, outside of the image 0. Pixels of a byte are rounded.
void warp(const std::uint8_t* x, const Places& from, std::uint8_t* y);
void warp(const float* x, const Places& from, float* y);

}  // namespace engram::data
