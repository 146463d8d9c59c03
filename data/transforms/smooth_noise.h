#pragma once

#include <cstdint>
#include <vector>

namespace engram::data {

/// Smooth random fields over an image (height, width), with mean 0 and variance 1 at every pixel:
/// independent noise on the knots of a grid, `sigma` pixels apart, weighted by a Gaussian of
/// standard deviation `sigma`. They resemble the Gaussian-smoothed noise of every pixel of Simard
/// et al., with a tenth of the random numbers.
class SmoothNoise {
 public:
  SmoothNoise(std::int64_t height, std::int64_t width, double sigma);

  /// The number of random numbers of a field.
  std::int64_t knots() const { return down_.knots * across_.knots; }

  /// field (height, width) = downᵀ·noise·across, from noise (knots) of mean 0 and variance 1.
  /// `scratch` is a buffer, to be reused across calls.
  void smooth(const float* noise, std::vector<float>& scratch, float* field) const;

 private:
  /// Weights of the knots along one axis: (knots, pixels).
  struct Weights {
    Weights(std::int64_t pixels, double sigma);
    const float* of(std::int64_t knot) const { return values.data() + knot * pixels; }

    std::int64_t pixels, knots;
    std::vector<float> values;
  };

  Weights down_, across_;
};

}  // namespace engram::data
