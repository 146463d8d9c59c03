#include "continual/stream.h"

#include <engram/autograd/error.h>
#include <engram/autograd/hash.h>
#include <engram/continual/streams/handwritings.h>
#include <engram/continual/streams/permuted.h>
#include <engram/continual/streams/rotated.h>
#include <engram/continual/streams/split.h>

#include <fmt/format.h>

#include <cstddef>
#include <span>

namespace engram::examples::runs {
namespace {

constexpr std::uint64_t validation_seed = 1'000'000'007;  // added to the run's

continual::Scenario scenario_of(const std::string& incremental) {
  if (incremental == "task") return continual::Scenario::task;
  if (incremental == "class") return continual::Scenario::classes;
  return continual::Scenario::domain;
}

data::TrainTest validation_part(const data::TrainTest& images) {
  const std::int64_t count = images.train.size(), held_out = count / 6;
  return {images.train.take(count - held_out), images.train.slice(count - held_out, count)};
}

}  // namespace

continual::Stream make_stream(const Setup& setup, const data::TrainTest& images) {
  const auto [train, test] = setup.validation ? validation_part(images) : images;
  const std::uint64_t seed = setup.seed + (setup.validation ? validation_seed : 0);
  const continual::Scenario scenario = scenario_of(setup.incremental);
  if (setup.scenario == "permuted") {
    return continual::permuted(
        train, test, {.tasks = setup.tasks, .seed = seed, .pad = setup.pad, .scenario = scenario});
  }
  const auto padded = [&](const data::Dataset& part) {
    return setup.pad == 0 ? part : part.pad(setup.pad);
  };
  if (setup.scenario == "rotated") {
    return continual::rotated(
        padded(train), padded(test),
        {.tasks = setup.tasks, .seed = seed, .flatten = true, .scenario = scenario});
  }
  if (setup.scenario == "handwritings") {
    return continual::handwritings(
        padded(train), padded(test),
        {.customers = setup.tasks, .seed = seed, .flatten = true, .scenario = scenario});
  }
  if (setup.scenario == "split") {
    const std::int64_t classes = continual::class_count(train);
    check(classes % setup.tasks == 0, "--tasks: {} classes do not make {} tasks", classes,
          setup.tasks);
    // The classes are in the order of their labels for seed 0, shuffled for every other seed, as in
    // the code of van de Ven and Tolias.
    return continual::split(padded(train).flatten(), padded(test).flatten(),
                            {.classes_per_task = classes / setup.tasks,
                             .shuffle_classes = seed != 0,
                             .seed = seed,
                             .scenario = scenario});
  }
  fail<Error>("make_stream: there is no scenario {}", setup.scenario);
}

std::string fingerprint(const data::TrainTest& images) {
  std::uint64_t hash = fnv1a("");
  for (const data::Dataset& part : {images.train, images.test}) {
    for (const Tensor& values : {part.targets(), part.take(100).all().x}) {
      hash = fnv1a(values.bytes(), hash);
    }
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace engram::examples::runs
