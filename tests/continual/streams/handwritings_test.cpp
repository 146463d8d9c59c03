#include <engram/autograd/create.h>
#include <engram/autograd/threads.h>
#include <engram/continual/streams/handwritings.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

using namespace engram;
using continual::Handwriting;

namespace {

using Pixels = std::vector<int>;

/// The images of a data set as bytes, concatenated.
Pixels pixels(const data::Dataset& dataset) {
  const Tensor x = dataset.all().x;
  Pixels result;
  for (float value : x.data<float>()) result.push_back(static_cast<int>(std::lround(value * 255)));
  return result;
}

data::Dataset image(std::initializer_list<double> values, std::int64_t height, std::int64_t width) {
  return {tensor(values, {1, height, width}, u8), tensor({0}, i64)};
}

Pixels written(const data::Dataset& dataset, const Handwriting& hand) {
  return pixels(continual::handwritten(dataset, hand));
}

/// The same upright cross in each of `count` images (1, 20, 16), with label 0 or 1.
data::Dataset crosses(std::int64_t count) {
  Tensor x = zeros({count, 1, 20, 16}, u8), y({count}, i64);
  const auto values = x.data<std::uint8_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t row = i / 16 % 20, column = i % 16;
    const bool stroke = (column >= 7 && column <= 8) || (row >= 9 && row <= 10);
    values[i] = stroke && row > 3 && row < 16 && column > 2 && column < 13 ? 250 : 0;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    y.data<std::int64_t>()[i] = static_cast<std::int64_t>(i % 2);
  }
  return {x, y};
}

int ink(const Pixels& image) { return std::accumulate(image.begin(), image.end(), 0); }

}  // namespace

TEST_CASE("handwritten: as the data set is, nothing changes") {
  const data::Dataset images = crosses(2);
  CHECK(written(images, {}) == pixels(images));
}

TEST_CASE("handwritten: slant leans strokes to the right") {
  const data::Dataset upright = image({0, 9, 0, 0, 9, 0, 0, 9, 0}, 3, 3);
  CHECK(written(upright, {.slant = 1}) == Pixels{0, 0, 9, 0, 9, 0, 9, 0, 0});
  CHECK(written(upright, {.slant = -1}) == Pixels{9, 0, 0, 0, 9, 0, 0, 0, 9});
  CHECK(written(upright, {.slant = 0.5}) == Pixels{0, 5, 5, 0, 9, 0, 5, 5, 0});  // 4.5 rounded
}

TEST_CASE("handwritten: turn is counter-clockwise") {
  const data::Dataset corner = image({1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3);
  CHECK(written(corner, {.turn = 90}) == Pixels{3, 6, 9, 2, 5, 8, 1, 4, 7});
}

TEST_CASE("handwritten: height and width") {
  const data::Dataset dot = image({0, 0, 80, 0, 0}, 1, 5);
  CHECK(written(dot, {.width = 2}) == Pixels{0, 40, 80, 40, 0});
  CHECK(written(image({0, 0, 80, 0, 0}, 5, 1), {.height = 2}) == Pixels{0, 40, 80, 40, 0});
  CHECK(written(image({10, 20, 30, 40, 50}, 1, 5), {.width = 0.5}) == Pixels{0, 10, 30, 50, 0});
  // The slant is applied after the height, to the tall digit.
  const data::Dataset tall = image({0, 0, 0, 0, 8, 0, 0, 0, 0}, 3, 3);
  CHECK(written(tall, {.slant = 1, .height = 2}) == Pixels{0, 0, 4, 0, 8, 0, 4, 0, 0});
}

TEST_CASE("handwritten: a stroke is a share of a dilation or an erosion") {
  const data::Dataset dot = image({0, 0, 0, 0, 100, 0, 0, 0, 0}, 3, 3);
  CHECK(written(dot, {.stroke = 1}) == Pixels{0, 100, 0, 100, 100, 100, 0, 100, 0});
  CHECK(written(dot, {.stroke = 0.25}) == Pixels{0, 25, 0, 25, 100, 25, 0, 25, 0});
  CHECK(written(dot, {.stroke = -0.5}) == Pixels{0, 0, 0, 0, 50, 0, 0, 0, 0});
  CHECK(written(dot, {.stroke = -9}) == Pixels{0, 0, 0, 0, 40, 0, 0, 0, 0});  // no thinner
  CHECK(written(dot, {.stroke = 9}) == written(dot, {.stroke = 1}));

  const data::Dataset full = image({80, 80, 80, 80, 80, 80}, 2, 3);
  CHECK(written(full, {.stroke = -0.5}) == Pixels(6, 80));  // the edge of an image is no edge
}

TEST_CASE("handwritten: what is random differs from image to image, and by seed and stream") {
  const data::Dataset images = crosses(3);
  for (const Handwriting& hand : {Handwriting{.tremble = 0.5}, Handwriting{.jitter = 1},
                                  Handwriting{.stroke = 0.5, .unevenness = 0.3}}) {
    const Pixels all = written(images, hand);
    const Pixels first(all.begin(), all.begin() + 320),
        second(all.begin() + 320, all.begin() + 640);
    CHECK(first != second);
    CHECK(pixels(continual::handwritten(images.take(1), hand)) == first);  // whatever follows
    CHECK(pixels(continual::handwritten(images.take(1), hand, 1)) != first);
    CHECK(pixels(continual::handwritten(images.take(1), hand, {0, 1})) != first);
    // Digits stay digits: about as much ink, perhaps thicker.
    const double share = static_cast<double>(ink(first)) / ink(pixels(images.take(1)));
    CHECK(share > 0.8);
    CHECK(share < 1.8);
  }
}

TEST_CASE("handwritten: the channels of an image move together") {
  const data::Dataset one = crosses(1);
  const Pixels before = pixels(one);
  Tensor x({1, 2, 20, 16}, u8);
  for (std::size_t i = 0; i < 640; ++i) {
    x.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(before[i % 320]);
  }
  const Handwriting hand = continual::handwriting(0);
  const Pixels both = pixels(continual::handwritten({x, tensor({0}, i64)}, hand));
  CHECK(Pixels(both.begin(), both.begin() + 320) == Pixels(both.begin() + 320, both.end()));
  CHECK(Pixels(both.begin(), both.begin() + 320) == pixels(continual::handwritten(one, hand)));
}

TEST_CASE("handwritten: the same for any number of threads") {
  const data::Dataset images = crosses(101);
  const int before = num_threads();
  const auto write = [&](int threads) {
    set_num_threads(threads);
    return written(images, continual::handwriting(3));
  };
  const Pixels alone = write(1), together = write(2);
  set_num_threads(before);
  CHECK(alone == together);
}

TEST_CASE("handwriting: a function of the customer, the seed and the variety") {
  CHECK(continual::handwriting(3, {.customers = 4}) ==
        continual::handwriting(3, {.customers = 100}));
  CHECK(continual::handwriting(3) != continual::handwriting(4));
  CHECK(continual::handwriting(3) != continual::handwriting(3, {.seed = 1}));
  CHECK(continual::handwriting(3, {.variety = 0}) == Handwriting{});
  const Handwriting once = continual::handwriting(3),
                    twice = continual::handwriting(3, {.variety = 2});
  CHECK(twice.slant == doctest::Approx(2 * once.slant));
  CHECK(twice.height == doctest::Approx(once.height * once.height));
}

TEST_CASE("handwritings: every customer writes all the images") {
  const data::Dataset train = crosses(4), test = crosses(2);
  const continual::Stream tasks = continual::handwritings(train, test, {.customers = 3});
  REQUIRE(tasks.size() == 3);
  CHECK(tasks.outputs() == 2);
  std::vector<Pixels> seen;
  for (const continual::Task& task : tasks) {
    CHECK(task.name == fmt::format("customer {}", task.number));
    CHECK(task.train.dtype() == u8);
    CHECK(task.train.all().x.shape() == Shape{4, 1, 20, 16});
    CHECK(task.train.targets().data<std::int64_t>()[3] == 1);
    seen.push_back(pixels(task.train));
    seen.push_back(pixels(task.test));
    // The same images to train and to test are not written in the same way.
    CHECK(pixels(task.train.take(2)) != seen.back());
    CHECK(pixels(tasks[task.number].train) == pixels(task.train));
  }
  CHECK(seen[0] != seen[2]);
  CHECK(seen[1] != seen[3]);

  const continual::Stream more = continual::handwritings(train.take(1), test, {.customers = 9});
  CHECK(pixels(more[2].test) == seen[5]);
  CHECK(pixels(more[2].train) == Pixels(seen[4].begin(), seen[4].begin() + 320));
  CHECK(pixels(continual::handwritings(train, test, {.seed = 1})[0].test) != seen[1]);
  CHECK(pixels(continual::handwritings(train, test, {.variety = 0})[1].train) == pixels(train));
}

TEST_CASE("handwritings: vectors, and outputs of their own") {
  const data::Dataset images = crosses(2);
  const continual::Stream tasks = continual::handwritings(
      images, images, {.flatten = true, .scenario = continual::Scenario::task});
  CHECK(tasks.outputs() == 20);
  CHECK(tasks[1].train.all().x.shape() == Shape{2, 320});
  CHECK(tasks[1].train.all().y.data<std::int64_t>()[1] == 3);
}

TEST_CASE("handwritings: no images, and images of one pixel") {
  const data::Dataset images = crosses(2);
  const data::Dataset none = images.take(0);
  CHECK(continual::handwritings(none, none, {.customers = 2})[1].train.all().x.shape() ==
        Shape{0, 1, 20, 16});
  CHECK(continual::handwritings(images, images, {.customers = 0}).size() == 0);
  CHECK(written(image({7}, 1, 1), {.slant = 1, .turn = 5, .width = 2, .stroke = 1}) == Pixels{7});
}

TEST_CASE("handwritings: extreme handwritings are ugly, and no worse") {
  const double huge = std::numeric_limits<double>::max();
  const Handwriting hand = {.slant = huge,
                            .turn = huge,
                            .height = 1 / huge,
                            .width = huge,
                            .unevenness = huge,
                            .tremble = huge,
                            .jitter = huge};
  CHECK(written(crosses(1), hand).size() == 320);
}

TEST_CASE("handwritings: mistakes") {
  const data::Dataset images = crosses(1);
  CHECK_THROWS_WITH_AS(continual::handwritings(images, images, {.customers = -1}),
                       "handwritings: the number of customers must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(continual::handwritings(images, images, {.customers = 0, .variety = -1}),
                       "handwritings: variety must be at least 0 and finite, got -1", Error);
  CHECK_THROWS_WITH_AS(continual::handwriting(-1),
                       "handwriting: customers are counted from 0, got -1", Error);
  CHECK_THROWS_WITH_AS(continual::handwritings(images, images.flatten()),
                       "handwritings: needs images (…, height, width), got (320,)", ShapeError);
  CHECK_THROWS_WITH_AS(continual::handwritings(images, images.pad(1)),
                       "handwritings: samples to train are (1, 20, 16), to test (1, 22, 18)",
                       ShapeError);
  const data::Dataset grey(zeros({1, 2, 2}), zeros({1}, i64));
  CHECK_THROWS_WITH_AS(continual::handwritten(grey, {}), "handwritten: images must be u8, got f32",
                       DTypeError);
  CHECK_THROWS_WITH_AS(continual::handwritten(images, {.width = 0}),
                       "handwritten: width must be above 0 and finite, got 0", Error);
  CHECK_THROWS_WITH_AS(continual::handwritten(images, {.smoothness = 0}),
                       "handwritten: smoothness must be at least 0.1 and finite, got 0", Error);
  CHECK_THROWS_WITH_AS(continual::handwritten(images, {.jitter = -1}),
                       "handwritten: jitter must be at least 0 and finite, got -1", Error);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(continual::handwritten(images, {.slant = nan}),
                       "handwritten: slant must be finite, got nan", Error);
}
