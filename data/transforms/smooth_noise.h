#pragma once

#include <cstdint>
#include <vector>

namespace engram::data {

/// Random fields over an image (height, width) that are smooth, with mean 0 and variance 1 in every
/// pixel: each pixel is a sum of independent noise on the knots of a grid around it, with Gaussian
/// weights. Knots are `sigma` pixels apart, the Gaussian's standard deviation. It looks as if the
/// noise of every pixel were smoothed, as in Simard et al., and takes a tenth of the numbers.
class SmoothNoise {
 public:
  SmoothNoise(std::int64_t height, std::int64_t width, double sigma);

  /// How much noise a field takes.
  std::int64_t knots() const { return down_.knots * across_.knots; }

  /// field (height, width) = down·noise·acrossᵀ from noise (knots) of mean 0 and variance 1.
  /// `scratch` spares an allocation to those who ask for many.
  void smooth(const float* noise, std::vector<float>& scratch, float* field) const;

 private:
  /// The weight of each knot along one axis in each pixel: (knots, pixels).
  struct Weights {
    Weights(std::int64_t pixels, double sigma);
    const float* of(std::int64_t knot) const { return values.data() + knot * pixels; }

    std::int64_t pixels, knots;
    std::vector<float> values;
  };

  Weights down_, across_;
};

}  // namespace engram::data
