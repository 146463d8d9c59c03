#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace engram::models {

/// Options of every ready model.
struct ModelOptions {
  std::int64_t num_classes = 1000;
  std::int64_t in_channels = 3;
  /// For images of about 28 × 28 or 32 × 32: the stem has stride 1 and no pooling.
  bool small_images = false;
  /// Factor of all numbers of channels: 0.25 gives about a sixteenth of the parameters.
  double width = 1;
  /// Of a ResNet, ignored by others: training takes half of the memory and a third more time, see
  /// nn::checkpoint.
  bool checkpoint = false;
};

/// A number of channels times the width, rounded, at least 1.
inline std::int64_t scaled(std::int64_t channels, const ModelOptions& options) {
  return std::max<std::int64_t>(1, std::llround(static_cast<double>(channels) * options.width));
}

}  // namespace engram::models
