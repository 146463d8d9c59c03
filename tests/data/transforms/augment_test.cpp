#include <engram/engram.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../../close.h"

using namespace engram;

namespace {

using Numbers = std::vector<float>;

Numbers values(const Tensor& x) {
  const auto data = x.data<float>();
  return {data.begin(), data.end()};
}

/// 1, 2, 3, ... in this shape: no pixel is 0, and each value is unique.
Tensor counted(const Shape& shape, DType dtype = f32) {
  return reshape(arange(1, static_cast<double>(shape.numel()) + 1, 1, dtype), shape);
}

/// The frequency of each result in `draws` draws.
std::map<Numbers, int> frequencies(int draws, const std::function<Tensor(Generator&)>& draw) {
  std::map<Numbers, int> seen;
  Generator random(1, "augment_test");
  for (int i = 0; i < draws; ++i) ++seen[values(draw(random))];
  return seen;
}

/// Checks that all results are equally frequent, within five standard deviations.
void check_uniform(const std::map<Numbers, int>& seen, std::size_t results, int draws) {
  CHECK(seen.size() == results);
  const double expected = draws / static_cast<double>(results);
  for (const auto& [result, count] : seen) {
    CHECK(std::abs(count - expected) < 5 * std::sqrt(expected));
  }
}

struct Rectangle {
  std::int64_t top, left, height, width;
};

/// The bounding box of the true elements of the mask (height, width).
Rectangle bounds_of(const Tensor& mask) {
  const auto range = [](const Tensor& any_in) {
    const auto in = any_in.data<bool>();
    const auto first = std::find(in.begin(), in.end(), true) - in.begin();
    const auto last = in.rend() - std::find(in.rbegin(), in.rend(), true);
    return std::pair<std::int64_t, std::int64_t>(first, last - first);
  };
  const auto [top, height] = range(any(mask, {1}));
  const auto [left, width] = range(any(mask, {0}));
  return {top, left, height, width};
}

/// All augmentations, with one generator.
Tensor augmented(const Tensor& x, Generator& random) {
  Tensor y = data::random_horizontal_flip(x, random);
  y = data::random_shift(y, random, {1, 2});
  y = data::random_crop(y, random, {.size = {6, 5}, .padding = 1});
  y = data::random_rotation(y, random, 15);
  return data::random_erasing(y, random);
}

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("random_horizontal_flip: with probability p, never with 0 and always with 1") {
  const Tensor x = counted({2, 1, 2});
  const Numbers flipped = {2, 1, 4, 3};
  const auto seen =
      frequencies(1000, [&](Generator& random) { return data::random_horizontal_flip(x, random); });
  check_uniform(seen, 2, 1000);
  CHECK(seen.contains(flipped));
  CHECK(seen.contains(values(x)));
  const auto quarter = frequencies(
      1000, [&](Generator& random) { return data::random_horizontal_flip(x, random, 0.25); });
  CHECK(std::abs(quarter.at(flipped) - 250) < 5 * std::sqrt(250));
  Generator random(0, "augment_test");
  for (int i = 0; i < 100; ++i) {
    CHECK(data::random_horizontal_flip(x, random, 0).is(x));
    CHECK(values(data::random_horizontal_flip(x, random, 1)) == flipped);
  }
  for (const double p : {-0.1, 1.1, not_a_number}) {
    CHECK_THROWS_WITH_AS(
        data::random_horizontal_flip(x, random, p),
        fmt::format("random_horizontal_flip: p must be in [0, 1], got {}", p).c_str(), Error);
  }
}

TEST_CASE("random_shift: every shift equally often, with zeros coming in") {
  const Tensor x = counted({1, 2, 3});
  const auto seen = frequencies(1500, [&](Generator& random) {
    return data::random_shift(x, random, {1, 2});
  });
  check_uniform(seen, 3 * 5, 1500);
  CHECK(seen.contains(Numbers{1, 2, 3, 4, 5, 6}));
  CHECK(seen.contains(Numbers{0, 0, 0, 0, 0, 1}));  // down by 1, to the right by 2
  CHECK(seen.contains(Numbers{6, 0, 0, 0, 0, 0}));
  CHECK(seen.contains(Numbers{4, 5, 6, 0, 0, 0}));
  Generator random(0, "augment_test");
  CHECK(data::random_shift(x, random, 0).is(x));
  CHECK(data::random_shift(zeros({1, 0, 3}), random, 2).shape() == Shape{1, 0, 3});
  CHECK(data::random_shift(x, random, 1 << 26).shape() == x.shape());
  CHECK_THROWS_WITH_AS(data::random_shift(x, random, {0, -1}),
                       "random_shift: pixels must be in [0, 2^26], got (0, -1)", Error);
  CHECK_THROWS_WITH_AS(data::random_shift(x, random, {(1 << 26) + 1, 0}),
                       "random_shift: pixels must be in [0, 2^26], got (67108865, 0)", Error);
}

TEST_CASE("random_crop: every window of the padded image equally often") {
  const Tensor x = counted({1, 2, 2});
  const auto within = frequencies(400, [&](Generator& random) {
    return data::random_crop(x, random, {.size = {1, 2}});
  });
  check_uniform(within, 2, 400);
  CHECK(within.contains(Numbers{3, 4}));
  const auto padded = frequencies(1200, [&](Generator& random) {
    return data::random_crop(x, random, {.size = 2, .padding = {1, 0}});
  });
  check_uniform(padded, 3, 1200);
  CHECK(padded.contains(Numbers{0, 0, 1, 2}));
  CHECK(padded.contains(Numbers{1, 2, 3, 4}));
  CHECK(padded.contains(Numbers{3, 4, 0, 0}));
}

TEST_CASE("random_crop: of all and of nothing, and errors") {
  const Tensor x = counted({1, 2, 3});
  Generator random(0, "augment_test");
  CHECK(values(data::random_crop(x, random, {.size = {2, 3}})) == values(x));
  CHECK(data::random_crop(x, random, {.size = 0}).shape() == Shape{1, 0, 0});
  check_close(data::random_crop(zeros({1, 0, 0}), random, {.size = 2, .padding = 1}), {0, 0, 0, 0});
  check_close(data::random_crop(counted({1, 1, 1}), random, {.size = 3, .padding = 1}),
              {0, 0, 0, 0, 1, 0, 0, 0, 0});
  CHECK_THROWS_WITH_AS(data::random_crop(x, random, {.size = {3, 2}}),
                       "random_crop: a window of (3, 2) is larger than the image (2, 3) with a "
                       "padding of (0, 0)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(data::random_crop(x, random, {.size = {2, 6}, .padding = 1}),
                       "random_crop: a window of (2, 6) is larger than the image (2, 3) with a "
                       "padding of (1, 1)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(data::random_crop(x, random, {.size = {2, -6}}),
                       "random_crop: the size must be at least 0, got (2, -6)", Error);
  CHECK_THROWS_WITH_AS(data::random_crop(x, random, {.size = 1, .padding = -1}),
                       "random_crop: padding must be in [0, 2^26], got (-1, -1)", Error);
}

TEST_CASE("random_rotation: angles are uniform in the range") {
  // In an image whose pixels are their row, counted from the middle, the pixel to the right of the
  // middle becomes the sine of the angle: bilinear interpolation of a plane is exact.
  const Tensor x = reshape(arange(-1, 2), {1, 3, 1}) * ones({1, 3, 3});
  Generator random(1, "augment_test");
  std::array<int, 6> seen{};  // in sixths of the range
  for (int i = 0; i < 1200; ++i) {
    const Tensor y = data::random_rotation(x, random, 30);
    const double degrees = std::asin(y.data<float>()[5]) * 180 / std::numbers::pi;
    REQUIRE(std::abs(degrees) < 30 + 1e-4);
    ++seen[static_cast<std::size_t>(std::clamp((degrees + 30) / 10, 0.0, 5.0))];
  }
  for (const int count : seen) CHECK(std::abs(count - 200) < 5 * std::sqrt(200));
}

TEST_CASE("random_rotation: by 0, dtypes, errors") {
  const Tensor x = counted({1, 2, 2});
  Generator random(0, "augment_test");
  CHECK(data::random_rotation(x, random, 0).is(x));
  CHECK(data::random_rotation(counted({1, 2, 2}, u8), random, 10).dtype() == u8);
  CHECK(data::random_rotation(zeros({1, 0, 2}), random, 10).shape() == Shape{1, 0, 2});
  check_close(data::random_rotation(counted({2, 1, 1}), random, 10), {1, 2});
  CHECK_THROWS_WITH_AS(data::random_rotation(cast(x, f64), random, 0),
                       "random_rotation: needs f32 or u8, got f64", DTypeError);
  for (const double degrees : {-1.0, infinity, not_a_number}) {
    CHECK_THROWS_WITH_AS(
        data::random_rotation(x, random, degrees),
        fmt::format("random_rotation: degrees must be finite and at least 0, got {}", degrees)
            .c_str(),
        Error);
  }
}

TEST_CASE("random_erasing: a rectangle within the image, of an area and a ratio in their ranges") {
  const std::int64_t height = 200, width = 100;
  const Tensor x = ones({2, height, width});
  Generator random(1, "augment_test");
  double areas = 0, log_ratios = 0;
  constexpr int draws = 300;
  for (int i = 0; i < draws; ++i) {
    const Tensor y = data::random_erasing(x, random, {.p = 1, .value = -2});
    const Rectangle erased = bounds_of(reshape(slice(y, 0, 0, 1), {height, width}) == -2);
    CHECK(values(y) ==
          values(data::erase(x, erased.top, erased.left, {erased.height, erased.width}, -2)));
    const double area = static_cast<double>(erased.height * erased.width) / (height * width);
    const double ratio = static_cast<double>(erased.height) / static_cast<double>(erased.width);
    CHECK(area > 0.02 - 0.003);  // sides are rounded
    CHECK(area < 0.33 + 0.003);
    CHECK(ratio > 0.3 - 0.02);
    CHECK(ratio < 3.3 + 0.2);
    areas += area;
    log_ratios += std::log(ratio);
  }
  // Few would be as wide as the image, so that the means are nearly those of the distributions.
  CHECK(areas / draws == doctest::Approx(0.175).epsilon(0.1));
  CHECK(std::abs(log_ratios / draws) < 0.15);
}

TEST_CASE("random_erasing: every place equally often, with probability p") {
  const Tensor x = counted({1, 2, 2});
  const data::RandomErasingOptions pixel{.p = 1, .scale = {0.25, 0.25}, .ratio = {1, 1}};
  const auto seen =
      frequencies(800, [&](Generator& random) { return data::random_erasing(x, random, pixel); });
  check_uniform(seen, 4, 800);
  CHECK(seen.contains(Numbers{1, 2, 0, 4}));
  const auto rarely = frequencies(1000, [&](Generator& random) {
    return data::random_erasing(x, random, {.p = 0.1, .scale = {0.25, 0.25}, .ratio = {1, 1}});
  });
  CHECK(std::abs(1000 - rarely.at(values(x)) - 100) < 5 * std::sqrt(100));
  Generator random(0, "augment_test");
  for (int i = 0; i < 100; ++i) CHECK(data::random_erasing(x, random, {.p = 0}).is(x));
}

TEST_CASE("random_erasing: images that no rectangle fits into, dtypes, errors") {
  Generator random(0, "augment_test");
  const Tensor x = counted({1, 3, 3});
  const data::RandomErasingOptions all{.p = 1, .scale = {1, 1}, .ratio = {1, 1}};
  CHECK(data::random_erasing(x, random, all).is(x));
  for (const Shape& shape : {Shape{1, 0, 2}, Shape{1, 2, 0}, Shape{0, 2, 2}, Shape{1, 1, 1}}) {
    const Tensor image = ones(shape);
    const Tensor erased = data::random_erasing(image, random, {.p = 1});
    CHECK(erased.shape() == shape);
    CHECK(values(erased) == values(image));
  }
  for (const DType dtype : {f64, i64, u8, boolean}) {
    CHECK(data::random_erasing(ones({1, 4, 4}, dtype), random, {.p = 1}).dtype() == dtype);
  }
  CHECK_THROWS_WITH_AS(data::random_erasing(x, random, {.p = 2}),
                       "random_erasing: p must be in [0, 1], got 2", Error);
  for (const auto& [low, high] : {std::pair(-0.5, 1.0), {0.5, 0.25}, {0.0, 1.5}}) {
    const std::string text =
        fmt::format("random_erasing: scale must be a range in [0, 1], got {{{}, {}}}", low, high);
    CHECK_THROWS_WITH_AS(data::random_erasing(x, random, {.scale = {low, high}}), text.c_str(),
                         Error);
  }
  for (const auto& [low, high] : {std::pair(0.0, 1.0), {2.0, 1.0}, {1.0, infinity}}) {
    const std::string text = fmt::format(
        "random_erasing: ratio must be a range of finite numbers above 0, got {{{}, {}}}", low,
        high);
    CHECK_THROWS_WITH_AS(data::random_erasing(x, random, {.ratio = {low, high}}), text.c_str(),
                         Error);
  }
}

TEST_CASE("random transforms: no image, whatever is drawn") {
  const Tensor row = zeros({3});
  Generator random(0, "augment_test");
  CHECK_THROWS_WITH_AS(data::random_horizontal_flip(row, random, 0),
                       "random_horizontal_flip: needs an image (…, height, width), got (3,)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(data::random_shift(row, random, 0),
                       "random_shift: needs an image (…, height, width), got (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(data::random_crop(row, random, {.size = 1}),
                       "random_crop: needs an image (…, height, width), got (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(data::random_rotation(row, random, 0),
                       "random_rotation: needs an image (…, height, width), got (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(data::random_erasing(row, random, {.p = 0}),
                       "random_erasing: needs an image (…, height, width), got (3,)", ShapeError);
}

TEST_CASE("random transforms: the generator's state decides, and no thread") {
  const Tensor x = counted({3, 7, 6});
  Generator random(5, "augment_test");
  augmented(x, random);  // so that it is not at its beginning
  const Tensor state = random.state();
  const Numbers first = values(augmented(x, random)), second = values(augmented(x, random));
  CHECK(first != second);
  random.set_state(state);
  CHECK(values(augmented(x, random)) == first);
  CHECK(values(augmented(x, random)) == second);
  std::vector<Numbers> seen(3);
  {
    std::vector<std::jthread> team;
    for (auto& each : seen) {
      team.emplace_back([&] {
        Generator own;
        own.set_state(state);
        each = values(augmented(x, own));
      });
    }
  }
  for (const Numbers& each : seen) CHECK(each == first);
}

TEST_CASE("random transforms in a data set: epochs differ, batches and prefetching do not matter") {
  const data::Dataset images = data::Dataset(counted({20, 1, 7, 6}, u8), arange(20)).map(augmented);
  const auto two_epochs = [&](const data::LoaderOptions& options) {
    data::Loader loader(images, options);
    std::array<std::vector<Numbers>, 2> epochs;
    for (auto& epoch : epochs) {
      epoch.resize(20);
      for (const auto& [x, y] : loader) {
        CHECK(x.shape() == Shape{y.size(0), 1, 6, 5});
        for (std::int64_t row = 0; row < y.size(0); ++row) {
          const auto sample = y.data<std::int64_t>()[static_cast<std::size_t>(row)];
          epoch[static_cast<std::size_t>(sample)] = values(slice(x, 0, row, row + 1));
        }
      }
    }
    return epochs;
  };
  const auto expected = two_epochs({.batch = 1, .seed = 3, .prefetch = false});
  CHECK(expected[0] != expected[1]);
  CHECK(two_epochs({.batch = 7, .shuffle = true, .seed = 3}) == expected);
}
