#include <engram/autograd/error.h>
#include <engram/data/transforms/warp.h>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <vector>

using namespace engram;

namespace {

template <class X>
std::vector<X> warped(const std::vector<X>& x, const data::Places& from) {
  std::vector<X> y(x.size());
  data::warp(x.data(), from, y.data());
  return y;
}

data::Places places(std::int64_t height, std::int64_t width, const data::Linear& map,
                    double shift_row = 0, double shift_column = 0) {
  data::Places from(height, width);
  from.set(map, shift_row, shift_column);
  return from;
}

using Bytes = std::vector<std::uint8_t>;
using Floats = std::vector<float>;

}  // namespace

TEST_CASE("warp: left where it is") {
  const Bytes image = {0, 1, 128, 254, 255, 7};
  CHECK(warped(image, places(2, 3, {})) == image);
  const Floats values = {-1.5f, 0.1f, 3e30f, 1e-30f, 0, 2};
  CHECK(warped(values, places(3, 2, {})) == values);
}

TEST_CASE("warp: shifted by whole pixels, and by parts") {
  const Floats row = {8, 16, 32, 64};
  CHECK(warped(row, places(1, 4, {}, 0, 1)) == Floats{16, 32, 64, 0});
  CHECK(warped(row, places(1, 4, {}, 0, -2)) == Floats{0, 0, 8, 16});
  CHECK(warped(row, places(1, 4, {}, 0, 0.25)) == Floats{10, 20, 40, 48});
  CHECK(warped(row, places(1, 4, {}, 0, -0.5)) == Floats{4, 12, 24, 48});
  CHECK(warped(row, places(4, 1, {}, 0.25, 0)) == Floats{10, 20, 40, 48});
  CHECK(warped(Floats{0, 4, 8, 16}, places(2, 2, {}, 0.5, 0.5)) == Floats{7, 5, 6, 4});
  CHECK(warped(Bytes{10, 11}, places(1, 2, {}, 0, 0.5)) == Bytes{11, 6});  // 10.5 and 5.5
}

TEST_CASE("warp: an image far outside, or nowhere, is 0") {
  const Floats image = {1, 2, 3, 4};
  const double infinity = std::numeric_limits<double>::infinity();
  for (double shift :
       {5.0, -5.0, 1e30, -1e30, infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(warped(image, places(2, 2, {}, shift, 0)) == Floats{0, 0, 0, 0});
    CHECK(warped(image, places(2, 2, {}, 0, shift)) == Floats{0, 0, 0, 0});
  }
}

TEST_CASE("warp: images of one pixel and of none") {
  CHECK(warped(Bytes{9}, places(1, 1, data::rotation(33))) == Bytes{9});
  CHECK(warped(Bytes{}, places(0, 3, {})) == Bytes{});
  CHECK(warped(Bytes{}, places(3, 0, {})) == Bytes{});
}

TEST_CASE("warp: an image whose pixels 32 bits cannot count, or f32 cannot tell apart") {
  CHECK_THROWS_WITH_AS(data::Places(1 << 16, 1 << 16),
                       "warp: an image of 65536 x 65536 pixels is too large", Error);
  CHECK_THROWS_WITH_AS(data::Places(1, 1 << 24),
                       "warp: an image of 1 x 16777216 pixels is too large", Error);
}

TEST_CASE("Linear: one map, then another") {
  const data::Linear shear = {.cr = 2}, scale = {.rr = 3, .cc = 5};
  const data::Linear both = shear.then(scale);  // (r, c) -> (r, 2r + c) -> (3r, 10r + 5c)
  CHECK(both.rr == 3);
  CHECK(both.rc == 0);
  CHECK(both.cr == 10);
  CHECK(both.cc == 5);
}

TEST_CASE("rotation: up turns to the left") {
  const data::Linear quarter = data::rotation(90);  // (-1, 0), which is up, to (0, -1)
  CHECK(-quarter.rr == doctest::Approx(0));
  CHECK(-quarter.cr == doctest::Approx(-1));
}
