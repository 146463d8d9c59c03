#include <engram/autograd/ops/arithmetic.h>
#include <engram/continual/streams/stream.h>

#include <algorithm>
#include <utility>

namespace engram::continual {

RandomStream random_stream(std::uint64_t seed, std::string_view purpose, int number) {
  return RandomStream(seed, purpose).substream(static_cast<std::uint64_t>(number));
}

Outputs active_outputs(const Task& task, const Task& latest) {
  return active_outputs(task.scenario, task.outputs, latest.outputs);
}

Outputs active_outputs(Scenario scenario, const Outputs& own, const Outputs& latest) {
  if (scenario != Scenario::classes) return own;
  return {0, std::max(own.end, latest.end)};
}

std::int64_t class_count(const data::Dataset& dataset) {
  const Tensor y = dataset.targets();
  check_dtype(y.dtype() == i64, "class_count: labels must be i64, got {}", y.dtype());
  check_shape(y.rank() == 1, "class_count: labels must be (N,), got {}", y.shape());
  std::int64_t classes = 0;
  for (std::int64_t label : y.data<std::int64_t>()) {
    check_data(label >= 0, "class_count: labels must be at least 0, got {}", label);
    check_data(label < max_classes, "class_count: labels must be below {}, got {}", max_classes,
               label);
    classes = std::max(classes, label + 1);
  }
  return classes;
}

namespace {

void check_classes(const char* caller, std::int64_t classes) {
  check(classes >= 0 && classes <= max_classes, "{}: classes must be in [0, {}], got {}", caller,
        max_classes, classes);
}

}  // namespace

std::int64_t output_count(Scenario scenario, int tasks, std::int64_t classes) {
  check(tasks >= 0, "output_count: tasks must be at least 0, got {}", tasks);
  check_classes("output_count", classes);
  return scenario == Scenario::domain ? classes : tasks * classes;
}

Task in_scenario(Scenario scenario, Task task, std::int64_t classes) {
  check_classes("in_scenario", classes);
  const std::int64_t first = scenario == Scenario::domain ? 0 : task.number * classes;
  return in_scenario(scenario, std::move(task), Outputs{first, first + classes});
}

Task in_scenario(Scenario scenario, Task task, const Outputs& own) {
  task.scenario = scenario;
  task.outputs = own;
  if (own.begin > 0) {
    const auto move = [first = own.begin](const Tensor& y) { return y + first; };
    task.train = task.train.map_targets(move);
    task.test = task.test.map_targets(move);
  }
  return task;
}

namespace {

/// The dtype of x in batches.
DType batch_dtype(const data::Dataset& dataset) {
  return dataset.dtype() == u8 ? f32 : dataset.dtype();
}

}  // namespace

Stream stream_of(std::vector<NamedData> sets, Scenario scenario) {
  std::vector<Outputs> outputs;
  std::int64_t end = 0;  // of all outputs
  for (const NamedData& set : sets) {
    for (const auto& [part, purpose] : {std::pair(&set.train, "train"), {&set.test, "test"}}) {
      check_data(part->size() > 0, "stream_of: {} has no samples to {}", set.name, purpose);
      check_shape(part->sample_shape() == sets[0].train.sample_shape(),
                  "stream_of: samples of {} to {} are {}, of {} to train {}", set.name, purpose,
                  part->sample_shape(), sets[0].name, sets[0].train.sample_shape());
      check_dtype(batch_dtype(*part) == batch_dtype(sets[0].train),
                  "stream_of: samples of {} to {} come as {}, of {} to train as {}", set.name,
                  purpose, batch_dtype(*part), sets[0].name, batch_dtype(sets[0].train));
    }
    const std::int64_t classes = std::max(class_count(set.train), class_count(set.test));
    const std::int64_t first = scenario == Scenario::domain ? 0 : end;
    outputs.push_back({first, first + classes});
    end = std::max(end, first + classes);
  }
  if (scenario == Scenario::domain) {
    for (Outputs& shared : outputs) shared.end = end;
  }
  const auto size = static_cast<int>(sets.size());
  const auto make = [sets = std::move(sets), outputs = std::move(outputs), scenario](int number) {
    const NamedData& set = sets[static_cast<std::size_t>(number)];
    return in_scenario(scenario, {number, set.name, set.train, set.test, {}},
                       outputs[static_cast<std::size_t>(number)]);
  };
  return Stream(size, end, make);
}

}  // namespace engram::continual
