#include <engram/engram.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <limits>
#include <string>
#include <vector>

using namespace engram;
using namespace engram::continual;
using namespace engram::data;

namespace {

Task task_of(int number) {
  const Dataset dataset(zeros({3, 2}), tensor({0, 1, 1}, i64));
  return {number, "", dataset, dataset, {}};
}

}  // namespace

TEST_CASE("in_scenario: whose outputs are whose") {
  const Task alone = in_scenario(Scenario::task, task_of(2), 2);
  CHECK(alone.outputs == Outputs{4, 6});
  CHECK(alone.train.targets().data<std::int64_t>()[1] == 5);
  CHECK(alone.test.all().y.data<std::int64_t>()[0] == 4);
  CHECK(active_outputs(alone, task_of(3)) == Outputs{4, 6});
  CHECK(output_count(Scenario::task, 5, 2) == 10);

  const Task shared = in_scenario(Scenario::domain, task_of(2), 2);
  CHECK(shared.outputs == Outputs{0, 2});
  CHECK(shared.train.targets().data<std::int64_t>()[1] == 1);
  CHECK(output_count(Scenario::domain, 5, 2) == 2);

  const Task first = in_scenario(Scenario::classes, task_of(0), 2);
  const Task third = in_scenario(Scenario::classes, task_of(2), 2);
  CHECK(third.outputs == Outputs{4, 6});
  CHECK(active_outputs(first, third) == Outputs{0, 6});
  CHECK(active_outputs(third, first) == Outputs{0, 6});  // not learned yet
  CHECK(active_outputs(third, third) == Outputs{0, 6});
}

TEST_CASE("stream_of: one's own data sets") {
  const auto labelled = [](std::initializer_list<double> labels) {
    const Tensor y = tensor(labels, i64);
    return Dataset(zeros({y.size(0), 2}), y);
  };
  const std::vector<NamedData> sets = {{"pairs", labelled({0, 1}), labelled({1})},
                                       {"triples", labelled({1}), labelled({0, 2})}};
  const Stream alone = stream_of(sets, Scenario::task);
  REQUIRE(alone.size() == 2);
  CHECK(alone.outputs() == 5);
  CHECK(alone[0].outputs == Outputs{0, 2});
  CHECK(alone[1].outputs == Outputs{2, 5});
  CHECK(alone[1].number == 1);
  CHECK(alone[1].name == "triples");
  CHECK(alone[0].train.targets().data<std::int64_t>()[1] == 1);
  CHECK(alone[1].train.all().y.item<std::int64_t>() == 3);
  CHECK(alone[1].test.targets().data<std::int64_t>()[1] == 4);

  const Stream classes = stream_of(sets, Scenario::classes);
  CHECK(classes.outputs() == 5);
  CHECK(active_outputs(classes[0], classes[1]) == Outputs{0, 5});

  const Stream shared = stream_of(sets);
  CHECK(shared.outputs() == 3);
  CHECK(shared[0].outputs == Outputs{0, 3});
  CHECK(shared[1].outputs == Outputs{0, 3});
  CHECK(shared[1].train.all().y.item<std::int64_t>() == 1);

  CHECK(stream_of({}).size() == 0);
  CHECK(stream_of({}).outputs() == 0);
}

TEST_CASE("labels and numbers of classes that no memory would hold are refused") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const auto labelled = [](std::int64_t label) {
    return Dataset(zeros({2, 1}), tensor(std::vector<std::int64_t>{0, label}));
  };
  CHECK(continual::class_count(labelled(continual::max_classes - 1)) == continual::max_classes);
  for (const std::int64_t label : {continual::max_classes, most - 1, most}) {
    const std::string text =
        fmt::format("class_count: labels must be below 16777216, got {}", label);
    CHECK_THROWS_WITH_AS(continual::class_count(labelled(label)), text.c_str(), DataError);
    CHECK_THROWS_WITH_AS(continual::split(labelled(label), labelled(0)), text.c_str(), DataError);
    CHECK_THROWS_WITH_AS(continual::permuted(labelled(0), labelled(label), {.tasks = 2}),
                         text.c_str(), DataError);
    CHECK_THROWS_WITH_AS(stream_of({{"a", labelled(label), labelled(0)}}), text.c_str(), DataError);
  }
  CHECK_THROWS_WITH_AS(continual::output_count(continual::Scenario::task, 3, most),
                       "output_count: classes must be in [0, 16777216], got 9223372036854775807",
                       Error);
  CHECK_THROWS_WITH_AS(continual::output_count(continual::Scenario::task, -3, 2),
                       "output_count: tasks must be at least 0, got -3", Error);
  const Dataset good = labelled(1);
  CHECK_THROWS_WITH_AS(
      continual::in_scenario(continual::Scenario::task, {2, "a", good, good, {}}, most),
      "in_scenario: classes must be in [0, 16777216], got 9223372036854775807", Error);
}

TEST_CASE("stream_of: what is no data set of a stream") {
  const Dataset good(zeros({1, 2}), tensor({0}, i64)), wide(zeros({1, 3}), tensor({0}, i64));
  CHECK_THROWS_WITH_AS(stream_of({{"a", good, good}, {"b", good, wide}}),
                       "stream_of: samples of b to test are (3,), of a to train (2,)", ShapeError);
  CHECK_THROWS_WITH_AS(stream_of({{"a", good.take(0), good}}),
                       "stream_of: a has no samples to train", DataError);
  CHECK_THROWS_WITH_AS(stream_of({{"a", good, good.take(0)}}),
                       "stream_of: a has no samples to test", DataError);
  const Dataset fine(zeros({1, 2}, f64), tensor({0}, i64));
  CHECK_THROWS_WITH_AS(stream_of({{"a", good, good}, {"b", fine, good}}),
                       "stream_of: samples of b to train come as f64, of a to train as f32",
                       DTypeError);
  const Dataset bytes(zeros({1, 2}, u8), tensor({0}, i64));  // whose batches are f32
  CHECK(stream_of({{"a", good, good}, {"b", bytes, good}}).size() == 2);
  const Dataset unlabelled(zeros({1, 2}), zeros({1}));
  CHECK_THROWS_WITH_AS(stream_of({{"a", unlabelled, good}}),
                       "class_count: labels must be i64, got f32", DTypeError);
}
