#pragma once

#include <engram/continual/method.h>
#include <engram/continual/network.h>
#include <engram/continual/streams/stream.h>
#include <engram/experiment/run/progress.h>
#include <engram/experiment/store/store.h>
#include <engram/experiment/tasks/outcome.h>
#include <engram/nn/module.h>
#include <engram/optim/optimizer.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>

namespace engram::experiment {

/// A network, the method by which it learns, and the optimizer: handles and references, whose
/// originals live longer.
struct Learner {
  template <std::derived_from<nn::Module> Net>
  Learner(const Net& net, continual::Method& method_, optim::Optimizer& optimizer_)
      : module(net), network(net), method(method_), optimizer(optimizer_) {}

  nn::Module module;
  continual::Network network;
  continual::Method& method;
  optim::Optimizer& optimizer;
};

struct SequenceOptions {
  std::int64_t batch = 128;
  std::int64_t iterations = 0;  ///< steps on each task; 0: `epochs` decides
  int epochs = 1;               ///< passes through a task's samples to train
  /// Learns from the samples of all tasks so far, mixed, as many steps on each task as otherwise:
  /// the upper bound of continual learning. The method takes no part.
  bool joint = false;
  bool reset_optimizer = false;  ///< begins each task with an optimizer that remembers nothing
  /// The learning rate as a multiple of the optimizer's, as a function of the share of a task's
  /// steps that is done, 0 to 1; by default it is constant.
  std::function<double(double done)> schedule{};
  std::uint64_t seed = 0;    ///< of the orders of samples, mixed batches and dropout
  std::string name = "run";  ///< what progress calls it
};

/// Learns the tasks of a stream one after the other, and measures the accuracy on every task before
/// the first and after each of them. The run is kept after each task, and goes on from there when
/// it is asked for again, bit for bit; one that is finished is not learned again. A checkpoint that
/// is damaged is told on stderr, and the run begins anew. A loss that is no number ends the run,
/// which then has diverged.
///
///     manual_seed(seed);  // of the weights
///     Net net(tasks.outputs());
///     optim::Adam adam(net.parameters());
///     continual::SI method(net);
///     experiment::Run run = store.run("mine", {{"method", "si"}, {"seed", seed}});
///     Outcome outcome = learn_sequence(run, tasks, {net, method, adam}, {.seed = seed}, progress);
///
/// Throws Interrupted on Ctrl-C; the run is then kept as it was after the last task.
Outcome learn_sequence(Run& run, const continual::Stream& tasks, const Learner& learner,
                       const SequenceOptions& options, Progress& progress);

/// Steps that all tasks together take.
std::int64_t steps_of(const continual::Stream& tasks, const SequenceOptions& options);

}  // namespace engram::experiment
