#include "continual/training.h"

#include "common/optimizer.h"
#include "continual/methods.h"
#include "continual/network.h"
#include "continual/stream.h"

#include <engram/autograd/random.h>
#include <engram/experiment/tasks/sequence.h>

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace engram::examples::runs {
namespace {

SequenceOptions sequence_options(const Setup& setup) {
  SequenceOptions options{
      .batch = setup.batch,
      .iterations = setup.iterations,
      .epochs = setup.epochs,
      .joint = setup.method == "joint",
      .reset_optimizer = setup.reset_optimizer,
      .seed = setup.seed,
      .name = fmt::format("{} seed {}{}", setup.method, setup.seed,
                          setup.validation ? " (validation)" : ""),
  };
  if (setup.schedule == "cosine") {
    options.schedule = [](double done) { return (1 + std::cos(std::numbers::pi * done)) / 2; };
  }
  return options;
}

}  // namespace

std::int64_t steps_of(const Setup& setup, const data::TrainTest& images) {
  return experiment::steps_of(make_stream(setup, images), sequence_options(setup));
}

Outcome train(Run& run, const Setup& setup, const data::TrainTest& images, Progress& progress) {
  const continual::Stream tasks = make_stream(setup, images);
  manual_seed(setup.seed);
  const Net net(tasks[0].train.sample_shape().numel(), tasks.outputs(), setup);
  const auto optimizer = make_optimizer(setup.optimizer, net.parameters(), setup.lr);
  const auto method = make_method(setup.method, net, setup.options, setup.seed);
  return learn_sequence(run, tasks, {net, *method, *optimizer}, sequence_options(setup), progress);
}

}  // namespace engram::examples::runs
