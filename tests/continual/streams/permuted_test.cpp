#include <engram/autograd/create.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/random.h>
#include <engram/continual/streams/permuted.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace engram;

namespace {

std::vector<float> values(const Tensor& x) {
  const auto data = x.data<float>();
  return {data.begin(), data.end()};
}

/// One image whose pixels are 0, 1, ..., so that a permuted image is the permutation.
data::Dataset numbered_pixels(std::int64_t height, std::int64_t width) {
  Tensor x({1, 1, height, width}, f32);
  float value = 0;
  for (float& each : x.data<float>()) each = value++;
  return {x, tensor({7}, i64)};
}

}  // namespace

TEST_CASE("every task is another permutation, the same for train and test") {
  const data::Dataset images = numbered_pixels(28, 28);
  const continual::Stream tasks = continual::permuted(images, images, {.tasks = 3, .seed = 0});
  REQUIRE(tasks.size() == 3);
  std::vector<std::vector<float>> seen;
  for (const continual::Task& task : tasks) {
    CHECK(task.number == static_cast<int>(seen.size()));
    CHECK(task.name == fmt::format("permutation {}", task.number));
    const data::Batch train = task.train.all(), test = task.test.all();
    CHECK(train.x.shape() == Shape{1, 784});
    CHECK(values(train.x) == values(test.x));
    CHECK(train.y.item<std::int64_t>() == 7);

    std::vector<float> sorted = values(train.x);
    CHECK(std::ranges::find(seen, sorted) == seen.end());
    seen.push_back(sorted);
    std::ranges::sort(sorted);
    CHECK(sorted == values(images.all().x));
  }
}

TEST_CASE("a permutation is a function of the seed and the task's number") {
  const data::Dataset images = numbered_pixels(4, 4);
  const auto pixels = [&](const continual::PermutedOptions& options, int number) {
    return values(continual::permuted(images, images, options)[number].train.all().x);
  };
  const std::vector<float> expected = {10, 2, 6, 14, 3, 9, 1, 8, 7, 4, 0, 11, 5, 12, 13, 15};
  CHECK(pixels({.seed = 0}, 1) == expected);
  CHECK(pixels({.tasks = 2, .seed = 0}, 1) == expected);
  CHECK(pixels({.seed = 1}, 1) != expected);
  manual_seed(5);
  CHECK(pixels({.seed = 0}, 1) == expected);
}

TEST_CASE("the padding is permuted with the image") {
  const data::Dataset images = numbered_pixels(28, 28);
  const continual::Task task = continual::permuted(images, images, {.pad = 2})[0];
  const std::vector<float> pixels = values(task.train.all().x);
  CHECK(pixels.size() == 1024);
  CHECK(std::ranges::count(pixels, 0.0f) == 1024 - 784 + 1);  // and the first pixel itself
  CHECK(std::ranges::count(pixels, 783.0f) == 1);
  CHECK(std::count(pixels.begin(), pixels.begin() + 66, 0.0f) <
        40);  // the upper margin is not left
}

TEST_CASE("a scenario moves the labels and leaves the pixels") {
  const data::Dataset images(zeros({2, 1, 2, 2}, u8), tensor({0, 2}, i64));
  const auto labels = [&](continual::Scenario scenario, int number) {
    const continual::Stream tasks =
        continual::permuted(images, images, {.tasks = 3, .scenario = scenario});
    const continual::Task task = tasks[number];
    CHECK(task.scenario == scenario);
    CHECK(task.test.targets().data<std::int64_t>()[1] == task.outputs.begin + 2);
    CHECK(task.outputs.size() == 3);
    CHECK(tasks.outputs() == (scenario == continual::Scenario::domain ? 3 : 9));
    const Tensor y = task.train.targets();
    const auto label = y.data<std::int64_t>();
    return std::vector<std::int64_t>(label.begin(), label.end());
  };
  using Labels = std::vector<std::int64_t>;
  CHECK(labels(continual::Scenario::domain, 2) == Labels{0, 2});
  CHECK(labels(continual::Scenario::task, 0) == Labels{0, 2});
  CHECK(labels(continual::Scenario::task, 2) == Labels{6, 8});
  CHECK(labels(continual::Scenario::classes, 1) == Labels{3, 5});
}

TEST_CASE("the first task can be left plain") {
  const data::Dataset images = numbered_pixels(3, 5);
  const continual::Stream tasks =
      continual::permuted(images, images, {.tasks = 2, .first_plain = true});
  CHECK(tasks[0].name == "plain");
  CHECK(values(tasks[0].train.all().x) == values(images.all().x));
  const continual::Stream all_permuted = continual::permuted(images, images, {.tasks = 2});
  CHECK(values(tasks[1].train.all().x) == values(all_permuted[1].train.all().x));
}

TEST_CASE("the tasks share the images") {
  const data::Dataset images(zeros({2000, 1, 28, 28}, u8), zeros({2000}, i64));
  memory::release_cached();
  const std::size_t before = memory::stats().reserved;
  std::vector<continual::Task> tasks;
  for (const continual::Task& task : continual::permuted(images, images, {.tasks = 10}))
    tasks.push_back(task);
  // A task is its permutation of 784 numbers; the images are 1.6 MB.
  CHECK(memory::stats().reserved - before < 10 * 3 * 784 * 8);
}

TEST_CASE("no tasks, and tasks that are not there") {
  const data::Dataset images = numbered_pixels(2, 2);
  for (const continual::Task& task : continual::permuted(images, images, {.tasks = 0}))
    FAIL(task.name);
  const continual::Stream tasks = continual::permuted(images, images, {.tasks = 2});
  CHECK_THROWS_WITH_AS(tasks[2], "Stream: there is no task 2, there are 2", Error);
  CHECK_THROWS_WITH_AS(tasks[-1], "Stream: there is no task -1, there are 2", Error);
}

TEST_CASE("what cannot be permuted") {
  const data::Dataset images = numbered_pixels(2, 2);
  CHECK_THROWS_WITH_AS(continual::permuted(images, numbered_pixels(2, 3)),
                       "permuted: samples to train are (1, 2, 2), to test (1, 2, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(continual::permuted(images, images, {.tasks = -1}),
                       "permuted: the number of tasks must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(continual::permuted(images, images, {.pad = -1}),
                       "Dataset::pad: the margin must be at least 0, got -1", Error);
}
