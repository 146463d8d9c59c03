#include <engram/autograd/create.h>
#include <engram/autograd/threads.h>
#include <engram/continual/streams/rotated.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace engram;

namespace {

using Floats = std::vector<float>;

Floats values(const Tensor& x) {
  const auto data = x.data<float>();
  return {data.begin(), data.end()};
}

/// One f32 image with label 0.
data::Dataset image(const Floats& pixels, std::int64_t height, std::int64_t width) {
  return {tensor(pixels, {1, height, width}), tensor({0}, i64)};
}

data::Dataset noise(std::int64_t count) {
  Tensor x({count, 1, 9, 7}, u8);
  std::uint8_t value = 0;
  for (std::uint8_t& each : x.data<std::uint8_t>()) each = value += 37;
  return {x, zeros({count}, i64)};
}

double angle_of(const continual::Task& task) { return std::stod(task.name); }

}  // namespace

TEST_CASE("rotate: quarter turns are exact, counter-clockwise") {
  const Floats pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const auto turned = [&](double degrees) {
    return values(continual::rotate(image(pixels, 3, 3), degrees).all().x);
  };
  CHECK(turned(0) == pixels);
  CHECK(turned(90) == Floats{3, 6, 9, 2, 5, 8, 1, 4, 7});
  CHECK(turned(180) == Floats{9, 8, 7, 6, 5, 4, 3, 2, 1});
  CHECK(turned(270) == Floats{7, 4, 1, 8, 5, 2, 9, 6, 3});
  CHECK(turned(-90) == turned(270));

  const data::Dataset even = image({1, 2, 3, 4}, 2, 2);  // its middle lies between pixels
  CHECK(values(continual::rotate(even, 90).all().x) == Floats{2, 4, 1, 3});
}

TEST_CASE("rotate: an eighth of a turn") {
  // The pixel above the middle is read at (1 - √½, 1 + √½), where the middle has weight (1 - √½)².
  const data::Dataset dot = image({0, 0, 0, 0, 200, 0, 0, 0, 0}, 3, 3);
  const Floats turned = values(continual::rotate(dot, 45).all().x);
  const double part = 200 * std::pow(1 - std::sqrt(0.5), 2);
  CHECK(turned[1] == doctest::Approx(part).epsilon(1e-5));
  CHECK(turned[3] == doctest::Approx(part).epsilon(1e-5));
  CHECK(turned[4] == 200);
  CHECK(turned[0] == 0);  // read at (1 - √2, 1), less than a pixel outside, next to a 0
}

TEST_CASE("rotate: what leaves the frame of a wide image is lost") {
  const data::Dataset wide = image({1, 2, 3}, 1, 3);
  CHECK(values(continual::rotate(wide, 180).all().x) == Floats{3, 2, 1});
  CHECK(values(continual::rotate(wide, 90).all().x) == Floats{0, 2, 0});
}

TEST_CASE("rotate: every channel of every image") {
  const data::Dataset images(tensor({1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 2, 2}, u8), tensor({0}, i64));
  const data::Batch turned = continual::rotate(images.normalize(0, 1.0 / 255), 90).all();
  CHECK(turned.x.shape() == Shape{1, 2, 2, 2});
  const Floats expected = {2, 4, 1, 3, 6, 8, 5, 7};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(turned.x.data<float>()[i] == doctest::Approx(expected[i]));
  }
}

TEST_CASE("rotated: each task has an angle of its own part of the range") {
  const data::Dataset images = noise(2);
  const continual::Stream tasks = continual::rotated(images, images, {.tasks = 4, .degrees = 100});
  REQUIRE(tasks.size() == 4);
  CHECK(tasks.outputs() == 1);
  for (const continual::Task& task : tasks) {
    CHECK(angle_of(task) >= 25 * task.number);
    CHECK(angle_of(task) <= 25 * (task.number + 1));
    CHECK(task.train.sample_shape() == Shape{1, 9, 7});
  }
  const auto name = [&](std::uint64_t seed) {
    return continual::rotated(images, images, {.tasks = 4, .seed = seed})[1].name;
  };
  CHECK(name(0) == name(0));
  CHECK(name(0) != name(1));
}

TEST_CASE("rotated: angles of one's own, in both sets") {
  const data::Dataset train = image({1, 2, 3, 4}, 2, 2), test = image({5, 6, 7, 8}, 2, 2);
  const continual::Stream tasks =
      continual::rotated(train, test, {.tasks = 9, .angles = {0, 90}, .flatten = true});
  REQUIRE(tasks.size() == 2);
  CHECK(tasks[0].name == "0.0 degrees");
  CHECK(tasks[1].name == "90.0 degrees");
  CHECK(tasks[1].train.sample_shape() == Shape{4});
  CHECK(values(tasks[0].test.all().x) == Floats{5, 6, 7, 8});
  CHECK(values(tasks[1].train.all().x) == Floats{2, 4, 1, 3});
  CHECK(values(tasks[1].test.all().x) == Floats{6, 8, 5, 7});

  const continual::Stream classes =
      continual::rotated(train, test, {.tasks = 3, .scenario = continual::Scenario::classes});
  CHECK(classes.outputs() == 3);
  CHECK(classes[2].test.all().y.item<std::int64_t>() == 2);
}

TEST_CASE("rotated: the same for any number of threads") {
  const data::Dataset images = noise(1000);
  const int before = num_threads();
  const auto turned = [&](int threads) {
    set_num_threads(threads);
    return values(continual::rotate(images, 33).all().x);
  };
  const Floats alone = turned(1), together = turned(2);
  set_num_threads(before);
  CHECK(alone == together);
}

TEST_CASE("rotated: no images, no tasks") {
  const data::Dataset none(zeros({0, 1, 5, 5}, u8), zeros({0}, i64));
  CHECK(continual::rotated(none, none, {.tasks = 2})[1].train.all().x.shape() == Shape{0, 1, 5, 5});
  CHECK(continual::rotated(noise(1), noise(1), {.tasks = 0}).size() == 0);
}

TEST_CASE("rotated: what cannot be turned") {
  const data::Dataset images = noise(1);
  CHECK_THROWS_WITH_AS(continual::rotated(images, images, {.tasks = -1}),
                       "rotated: the number of tasks must be at least 0, got -1", Error);
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(continual::rotated(images, images, {.degrees = infinity}),
                       "rotated: an angle must be finite, got inf", Error);
  CHECK_THROWS_WITH_AS(continual::rotated(images, images, {.angles = {1, infinity}}),
                       "rotated: an angle must be finite, got inf", Error);
  CHECK_THROWS_WITH_AS(continual::rotate(images, -infinity),
                       "rotate: the angle must be finite, got -inf", Error);
  CHECK_THROWS_WITH_AS(continual::rotated(images, images.flatten()),
                       "rotated: needs images (…, height, width), got (63,)", ShapeError);
  CHECK_THROWS_WITH_AS(continual::rotated(images, images.pad(1)),
                       "rotated: samples to train are (1, 9, 7), to test (1, 11, 9)", ShapeError);
  const data::Dataset precise(zeros({1, 2, 2}, f64), zeros({1}, i64));
  CHECK_THROWS_WITH_AS(continual::rotate(precise, 1), "rotate: images must be u8 or f32, got f64",
                       DTypeError);
}
