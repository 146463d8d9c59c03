#include <engram/autograd/ops/arithmetic.h>
#include <engram/data/stream.h>

#include <algorithm>

namespace engram::data {

Outputs active_outputs(const Task& task, const Task& latest) {
  return active_outputs(task.scenario, task.outputs, latest.outputs);
}

Outputs active_outputs(Scenario scenario, const Outputs& own, const Outputs& latest) {
  if (scenario != Scenario::classes) return own;
  return {0, std::max(own.end, latest.end)};
}

std::int64_t class_count(const Dataset& dataset) {
  const Tensor y = dataset.targets();
  check_dtype(y.dtype() == i64, "class_count: labels must be i64, got {}", y.dtype());
  check_shape(y.rank() == 1, "class_count: labels must be (N,), got {}", y.shape());
  std::int64_t classes = 0;
  for (std::int64_t label : y.data<std::int64_t>()) {
    check_data(label >= 0, "class_count: labels must be at least 0, got {}", label);
    classes = std::max(classes, label + 1);
  }
  return classes;
}

std::int64_t output_count(Scenario scenario, int tasks, std::int64_t classes) {
  return scenario == Scenario::domain ? classes : tasks * classes;
}

Task in_scenario(Scenario scenario, Task task, std::int64_t classes) {
  const std::int64_t first = scenario == Scenario::domain ? 0 : task.number * classes;
  task.scenario = scenario;
  task.outputs = {first, first + classes};
  if (first > 0) {
    const auto move = [first](const Tensor& y) { return y + first; };
    task.train = task.train.map_targets(move);
    task.test = task.test.map_targets(move);
  }
  return task;
}

}  // namespace engram::data
