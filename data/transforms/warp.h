#pragma once

#include <cstdint>
#include <vector>

namespace engram::data {

/// A linear map of image coordinates: (row, column) to (rr·row + rc·column, cr·row + cc·column).
/// Rows count downwards.
struct Linear {
  double rr = 1, rc = 0;
  double cr = 0, cc = 1;

  /// The composition: first this map, then `after`.
  Linear then(const Linear& after) const;
};

/// A counter-clockwise rotation, as displayed with rows downwards.
Linear rotation(double degrees);

/// Source coordinates of each pixel of an image (height, width), in row-major order: a row and a
/// column, which may be fractional and outside the image.
struct Places {
  std::int64_t height;
  std::int64_t width;
  std::vector<float> rows, columns;

  /// All coordinates (0, 0). Error for sizes of 2^24, and for 2^31 pixels, or more.
  Places(std::int64_t height, std::int64_t width);

  /// Source coordinates: `map` of the pixel's coordinates about the center of the image, then the
  /// shift. To transform an image, `map` is the inverse transformation (inverse warp).
  void set(const Linear& map, double shift_row = 0, double shift_column = 0);
};

/// Reads each pixel of y at its source coordinates in x, both (height, width): bilinear between
/// pixel centers, 0 outside the image. Pixels of a byte are rounded.
void warp(const std::uint8_t* x, const Places& from, std::uint8_t* y);
void warp(const float* x, const Places& from, float* y);

}  // namespace engram::data
