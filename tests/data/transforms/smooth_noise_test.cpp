#include <engram/data/transforms/smooth_noise.h>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace engram;

namespace {

using Floats = std::vector<float>;

/// The field of each knot alone.
std::vector<Floats> impulses(const data::SmoothNoise& noise, std::int64_t pixels) {
  Floats knots(static_cast<std::size_t>(noise.knots())), scratch;
  std::vector<Floats> fields;
  for (float& knot : knots) {
    knot = 1;
    noise.smooth(knots.data(), scratch,
                 fields.emplace_back(static_cast<std::size_t>(pixels)).data());
    knot = 0;
  }
  return fields;
}

double covariance(const std::vector<Floats>& fields, std::size_t p, std::size_t q) {
  double sum = 0;
  for (const Floats& field : fields) sum += static_cast<double>(field[p]) * field[q];
  return sum;
}

}  // namespace

TEST_CASE("SmoothNoise: variance 1 in every pixel") {
  for (double sigma : {0.5, 2.0, 4.0, 100.0}) {
    const std::vector<Floats> fields = impulses(data::SmoothNoise(5, 12, sigma), 60);
    for (std::size_t pixel = 0; pixel < 60; ++pixel) {
      CHECK(covariance(fields, pixel, pixel) == doctest::Approx(1).epsilon(1e-5));
    }
  }
}

TEST_CASE("SmoothNoise: pixels are as alike as after smoothing with a Gaussian") {
  // White noise smoothed by a Gaussian has the correlation exp(-d²/4σ²) at distance d.
  const std::vector<Floats> fields = impulses(data::SmoothNoise(21, 21, 3), 21 * 21);
  const std::size_t middle = 10 * 21 + 10;
  CHECK(covariance(fields, middle, middle + 3) == doctest::Approx(std::exp(-0.25)).epsilon(0.01));
  CHECK(covariance(fields, middle, middle - 6 * 21) == doctest::Approx(std::exp(-1)).epsilon(0.02));
  CHECK(covariance(fields, middle, middle + 3 * 21 + 3) ==
        doctest::Approx(std::exp(-0.5)).epsilon(0.01));
}

TEST_CASE("SmoothNoise: the field is the sum of what the knots do") {
  const data::SmoothNoise noise(3, 2, 2);
  const std::vector<Floats> fields = impulses(noise, 6);
  Floats knots, scratch, field(6);
  for (std::int64_t i = 0; i < noise.knots(); ++i) knots.push_back(0.1f * static_cast<float>(i));
  noise.smooth(knots.data(), scratch, field.data());
  for (std::size_t pixel = 0; pixel < 6; ++pixel) {
    float sum = 0;
    for (std::size_t i = 0; i < knots.size(); ++i) sum += knots[i] * fields[i][pixel];
    CHECK(field[pixel] == doctest::Approx(sum).epsilon(1e-5));
  }
}
