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

/// A network, its method and its optimizer: handles and references, whose originals must outlive
/// it.
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
  std::int64_t iterations = 0;  ///< steps on each task; 0: given by `epochs`
  int epochs = 1;               ///< passes through a task's training samples
  /// Joint training: each step on a mixed batch of all tasks so far, with the same number of steps
  /// for each task; the upper bound of continual learning. The method is not used.
  bool joint = false;
  bool reset_optimizer = false;  ///< clears the optimizer's state before each task
  /// The learning rate as a multiple of the optimizer's, as a function of the fraction done of a
  /// task's steps, 0 to 1; by default constant.
  std::function<double(double done)> schedule{};
  std::uint64_t seed = 0;    ///< of the order of samples, mixed batches and dropout
  std::string name = "run";  ///< in the progress line
};

/// Learns the tasks of a stream in sequence, and evaluates the accuracy on every task before the
/// first and after each of them. The run is saved after each task, and a second call resumes it,
/// bit for bit, or returns the outcome of a finished run. A damaged checkpoint is a warning on
/// stderr, and the run restarts. A loss that is not finite ends the run as diverged.
///
///     manual_seed(seed);  // of the weights
///     Net net(tasks.outputs());
///     optim::Adam adam(net.parameters());
///     continual::SI method(net);
///     experiment::Run run = store.run("mine", {{"method", "si"}, {"seed", seed}});
///     Outcome outcome = learn_sequence(run, tasks, {net, method, adam}, {.seed = seed}, progress);
///
/// Throws Interrupted on Ctrl-C; the run then keeps the checkpoint after the last finished task.
Outcome learn_sequence(Run& run, const continual::Stream& tasks, const Learner& learner,
                       const SequenceOptions& options, Progress& progress);

/// The total number of steps over all tasks.
std::int64_t steps_of(const continual::Stream& tasks, const SequenceOptions& options);

}  // namespace engram::experiment
