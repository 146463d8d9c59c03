#include <engram/autograd/create.h>
#include <engram/continual/streams/split.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace engram;

namespace {

using Labels = std::vector<std::int64_t>;

Labels numbers(const Tensor& x) {
  const auto data = x.data<std::int64_t>();
  return {data.begin(), data.end()};
}

/// Samples whose x is their original label.
data::Dataset labelled(const Labels& labels) { return {tensor(labels), tensor(labels)}; }

const data::Dataset train = labelled({5, 0, 3, 1, 4, 2, 0, 5}), test = labelled({3, 2, 1, 0});

}  // namespace

TEST_CASE("split: each task has the samples of its classes, in their order") {
  const continual::Stream tasks = continual::split(train, test);
  REQUIRE(tasks.size() == 3);
  CHECK(tasks[0].name == "classes 0 1");
  CHECK(numbers(tasks[0].train.all().x) == Labels{0, 1, 0});
  CHECK(numbers(tasks[1].train.all().x) == Labels{3, 2});
  CHECK(numbers(tasks[2].train.all().x) == Labels{5, 4, 5});
  CHECK(numbers(tasks[0].test.all().x) == Labels{1, 0});
  CHECK(numbers(tasks[1].test.all().x) == Labels{3, 2});
  CHECK(tasks[2].test.size() == 0);
}

TEST_CASE("split: labels in each scenario") {
  const auto stream = [](continual::Scenario scenario) {
    return continual::split(train, test, {.scenario = scenario});
  };
  const continual::Stream domain = stream(continual::Scenario::domain);
  CHECK(domain.outputs() == 2);
  CHECK(domain[2].outputs == continual::Outputs{0, 2});
  CHECK(numbers(domain[2].train.all().y) == Labels{1, 0, 1});
  CHECK(numbers(domain[1].test.targets()) == Labels{1, 0});

  for (continual::Scenario scenario : {continual::Scenario::task, continual::Scenario::classes}) {
    const continual::Stream own = stream(scenario);
    CHECK(own.outputs() == 6);
    CHECK(own[2].outputs == continual::Outputs{4, 6});
    CHECK(numbers(own[2].train.all().y) == Labels{5, 4, 5});
    CHECK(numbers(own[1].test.targets()) == Labels{3, 2});
    CHECK(own[1].scenario == scenario);
  }
  CHECK(continual::active_outputs(stream(continual::Scenario::task)[0], domain[2]) ==
        continual::Outputs{0, 2});
  const continual::Stream classes = stream(continual::Scenario::classes);
  CHECK(continual::active_outputs(classes[0], classes[1]) == continual::Outputs{0, 4});
}

TEST_CASE("split: as many classes a task as one likes") {
  CHECK(continual::split(train, test, {.classes_per_task = 6}).size() == 1);
  CHECK(continual::split(train, test, {.classes_per_task = 3})[1].name == "classes 3 4 5");
  const continual::Task single = continual::split(train, test, {.classes_per_task = 1})[3];
  CHECK(single.name == "class 3");
  CHECK(numbers(single.train.all().y) == Labels{0});
}

TEST_CASE("split: a shuffled order of the classes") {
  const auto names = [](std::uint64_t seed) {
    std::vector<std::string> result;
    for (const continual::Task& task :
         continual::split(train, test, {.shuffle_classes = true, .seed = seed})) {
      result.push_back(task.name);
    }
    return result;
  };
  CHECK(names(1) == names(1));
  CHECK(std::set<std::vector<std::string>>{names(0), names(1), names(2), names(3)}.size() > 1);

  Labels seen;
  const continual::SplitOptions options = {
      .shuffle_classes = true, .seed = 1, .scenario = continual::Scenario::classes};
  for (const continual::Task& task : continual::split(train, test, options)) {
    const data::Batch batch = task.train.all();
    const Labels x = numbers(batch.x), y = numbers(batch.y);
    for (std::int64_t label : x) seen.push_back(label);
    // The name lists the classes in the order of their outputs.
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::int64_t place = y[i] - task.outputs.begin;
      CHECK(task.name[static_cast<std::size_t>(8 + 2 * place)] - '0' == x[i]);
    }
  }
  std::ranges::sort(seen);
  CHECK(seen == Labels{0, 0, 1, 2, 3, 4, 5, 5});
}

TEST_CASE("split: a class without samples") {
  const continual::Stream tasks = continual::split(labelled({3, 0}), labelled({0}));
  CHECK(tasks.size() == 2);
  CHECK(numbers(tasks[1].train.all().y) == Labels{1});
}

TEST_CASE("split: of a part, and of labels that are mapped") {
  const auto next = [](const Tensor& y) {
    Labels labels = numbers(y);
    for (std::int64_t& label : labels) label = (label + 1) % 6;
    return tensor(labels);
  };
  const continual::Task task =
      continual::split(train.slice(1, 6).map_targets(next), test, {.classes_per_task = 3})[1];
  CHECK(numbers(task.train.all().x) == Labels{3, 4, 2});
  CHECK(numbers(task.train.all().y) == Labels{1, 2, 0});
}

TEST_CASE("split: a label that was not there when the classes were counted") {
  const Tensor labels = tensor(Labels{0, 1, 2, 3});
  const data::Dataset images(zeros({4, 1}), labels);
  const continual::Stream tasks = continual::split(images, images);
  for (const std::int64_t label : {std::int64_t{4}, std::int64_t{-1}, std::int64_t{1} << 60}) {
    labels.data<std::int64_t>()[3] = label;
    CHECK_THROWS_WITH_AS(
        tasks[0], fmt::format("split: label {} is none of 4 classes", label).c_str(), DataError);
  }
}

TEST_CASE("split: what cannot be split") {
  CHECK_THROWS_WITH_AS(continual::split(train, test, {.classes_per_task = 0}),
                       "split: a task must have at least 1 class, got 0", Error);
  CHECK_THROWS_WITH_AS(continual::split(train, test, {.classes_per_task = 4}),
                       "split: 6 classes do not make tasks of 4", Error);
  CHECK_THROWS_WITH_AS(continual::split(train.take(0), test.take(0)), "split: there are no samples",
                       DataError);
  CHECK_THROWS_WITH_AS(continual::split(train, {zeros({1, 2}), zeros({1}, i64)}),
                       "split: samples to train are (), to test (2,)", ShapeError);
  CHECK_THROWS_WITH_AS(continual::split({zeros({1}), zeros({1})}, {zeros({1}), zeros({1})}),
                       "class_count: labels must be i64, got f32", DTypeError);
}
