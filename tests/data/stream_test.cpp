#include <engram/engram.h>

#include <doctest/doctest.h>

using namespace engram;
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
