#include <engram/autograd/error.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/data/loader.h>
#include <engram/experiment/run/clock.h>
#include <engram/experiment/run/evaluation.h>
#include <engram/experiment/run/stop.h>
#include <engram/experiment/tasks/mixed_batch.h>
#include <engram/experiment/tasks/sequence.h>

#include <fmt/format.h>

#include <cmath>

namespace engram::experiment {
namespace {

using continual::Task;

std::int64_t iterations_of(const SequenceOptions& options, const Task& task) {
  if (options.iterations) return options.iterations;
  return options.epochs * ((task.train.size() + options.batch - 1) / options.batch);
}

/// The number of samples classified correctly when the argmax is over these outputs only.
std::int64_t count_correct_among(const continual::Outputs& outputs, const Tensor& logits,
                                 const Tensor& y) {
  return count_correct(continual::select_outputs(logits, outputs), y - outputs.begin);
}

/// Test accuracy on every task after `latest` was learned.
std::vector<double> accuracies(const continual::Network& network, const continual::Stream& tasks,
                               const Task& latest) {
  std::vector<double> row;
  for (const Task& task : tasks) {
    const continual::Outputs outputs = active_outputs(task, latest);
    const auto classify = [&](const Tensor& x) {
      return continual::select_outputs(network.evaluate(x), outputs);
    };
    const auto among = [outputs](const Tensor& y) { return y - outputs.begin; };
    row.push_back(evaluate_function(classify, task.test.map_targets(among)).accuracy);
    stop_if_interrupted();
  }
  return row;
}

struct StepDone {
  double loss;
  std::int64_t correct;
};

/// One step of joint training: on samples of all tasks seen, with the loss of each sample's task.
StepDone joint_step(const Learner& learner, const std::vector<Task>& seen,
                    const MixedBatch& mixed) {
  Tape tape;
  const Tensor logits = learner.network(mixed.batch.x);
  const auto all = static_cast<double>(logits.size(0));
  Tensor loss;
  std::int64_t correct = 0, begin = 0;
  for (std::size_t task = 0; task < seen.size(); ++task) {
    const std::int64_t size = mixed.sizes[task], end = begin + size;
    if (size == 0) continue;
    const continual::Outputs outputs = active_outputs(seen[task], seen.back());
    const Tensor of_task = slice(logits, 0, begin, end), y = slice(mixed.batch.y, 0, begin, end);
    const Tensor part =
        continual::classification_loss(of_task, y, outputs) * (static_cast<double>(size) / all);
    loss = loss.defined() ? loss + part : part;
    correct += count_correct_among(outputs, detach(of_task), y);
    begin = end;
  }
  const double value = loss.item();
  tape.backward(loss);
  learner.optimizer.step();
  learner.optimizer.zero_grad();
  return {value, correct};
}

/// The state of an unfinished sequence.
class Sequence {
 public:
  Sequence(const continual::Stream& tasks, const Learner& learner, const SequenceOptions& options)
      : tasks_(tasks),
        learner_(learner),
        options_(options),
        lr_(learner.optimizer.lr()),
        new_optimizer_(learner.optimizer.state_dict()) {}

  int learned() const { return static_cast<int>(outcome_.matrix.size()); }
  bool finished() const { return learned() == tasks_.size() || outcome_.diverged; }
  const Outcome& outcome() const { return outcome_; }

  Checkpoint checkpoint() const {
    return {.progress = to_json(outcome_),
            .states = {{"network", learner_.module.state_dict()},
                       {"optimizer", learner_.optimizer.state_dict()},
                       {"method", learner_.method.state_dict()}}};
  }

  void load(const Checkpoint& checkpoint) {
    outcome_ = outcome_from_json(checkpoint.progress);
    learner_.module.load_state_dict(checkpoint.states.at("network"));
    learner_.optimizer.load_state_dict(checkpoint.states.at("optimizer"));
    learner_.method.load_state_dict(checkpoint.states.at("method"));
  }

  void measure_untrained() {
    const auto start = Clock::now();
    outcome_.baseline = accuracies(learner_.network, tasks_, tasks_[0]);
    outcome_.seconds += seconds_since(start);
  }

  std::int64_t steps_done() const {
    std::int64_t steps = 0;
    for (int number = 0; number < learned(); ++number) {
      steps += iterations_of(options_, tasks_[number]);
    }
    return steps;
  }

  void learn_next_task(Progress& progress) {
    const auto start = Clock::now();
    const Task task = tasks_[learned()];
    default_generator().reset(continual::random_stream(options_.seed, "dropout", task.number));
    if (options_.reset_optimizer) learner_.optimizer.load_state_dict(new_optimizer_);
    if (options_.joint) {
      learn_jointly(task, progress);
    } else {
      learn(task, progress);
    }
    if (!outcome_.diverged) {
      if (!options_.joint) learner_.method.end_task(task);
      outcome_.matrix.push_back(accuracies(learner_.network, tasks_, task));
    }
    if (!options_.joint) outcome_.memory_bytes = learner_.method.state_bytes();
    outcome_.seconds += seconds_since(start);
  }

 private:
  void learn(const Task& task, Progress& progress) {
    learner_.method.begin_task(task);
    data::Loader loader(task.train,
                        {.batch = options_.batch,
                         .shuffle = true,
                         .seed = continual::random_stream(options_.seed, "order", task.number).seed,
                         .iterations = iterations_of(options_, task)});
    std::int64_t step = 0;
    for (const data::Batch& batch : loader) {
      set_rate(step++, loader.size());
      const auto [logits, loss] =
          continual::train_step(learner_.network, learner_.method, learner_.optimizer, task, batch);
      const auto correct = count_correct_among(active_outputs(task, task), logits, batch.y);
      if (!tell({loss, correct}, batch.y.size(0), progress)) return;
    }
  }

  void learn_jointly(const Task& task, Progress& progress) {
    std::vector<Task> seen;
    for (int n = 0; n <= task.number; ++n) seen.push_back(tasks_[n]);
    Generator mixing(continual::random_stream(options_.seed, "mixed batches", task.number));
    const std::int64_t iterations = iterations_of(options_, task);
    for (std::int64_t step = 0; step < iterations; ++step) {
      set_rate(step, iterations);
      const MixedBatch mixed = mixed_batch(seen, options_.batch, mixing);
      if (!tell(joint_step(learner_, seen, mixed), options_.batch, progress)) return;
    }
  }

  void set_rate(std::int64_t step, std::int64_t steps) {
    if (!options_.schedule) return;
    const double done = static_cast<double>(step) / static_cast<double>(steps);
    learner_.optimizer.lr() = lr_ * options_.schedule(done);
  }

  /// Returns false if the step has diverged.
  bool tell(const StepDone& step, std::int64_t size, Progress& progress) {
    progress.step(size, step.loss, step.correct);
    stop_if_interrupted();
    if (!std::isfinite(step.loss)) outcome_.diverged = learner_.optimizer.steps();
    return !outcome_.diverged;
  }

  const continual::Stream& tasks_;
  Learner learner_;
  const SequenceOptions& options_;
  double lr_;
  StateDict new_optimizer_;
  Outcome outcome_;
};

/// Resumes the run from its checkpoint; if that is damaged, restores the initial state.
void resume(Sequence& sequence, const Run& run, const SequenceOptions& options,
            Progress& progress) {
  Checkpoint fresh;
  try {
    const std::optional<Checkpoint> left = run.checkpoint();
    if (!left) return;
    fresh = sequence.checkpoint();
    StateDict& network = fresh.states.at("network");
    network = clone(network);  // the others are copies
    sequence.load(*left);
    progress.skip(sequence.steps_done());
  } catch (const std::exception& error) {
    fmt::print(stderr, "warning: {} begins anew: {}\n", options.name, error.what());
    if (!fresh.states.empty()) sequence.load(fresh);
  }
}

}  // namespace

std::int64_t steps_of(const continual::Stream& tasks, const SequenceOptions& options) {
  if (options.iterations) return tasks.size() * options.iterations;  // without making the tasks
  std::int64_t steps = 0;
  for (const Task& task : tasks) steps += iterations_of(options, task);
  return steps;
}

Outcome learn_sequence(Run& run, const continual::Stream& tasks, const Learner& learner,
                       const SequenceOptions& options, Progress& progress) {
  check(options.batch >= 1, "learn_sequence: the batch must be at least 1, got {}", options.batch);
  check(options.iterations >= 0 && options.epochs >= 1,
        "learn_sequence: {} iterations and {} epochs are no training", options.iterations,
        options.epochs);
  if (const std::optional<Json> known = run.outcome()) {
    progress.skip(steps_of(tasks, options));
    return outcome_from_json(*known);
  }
  Sequence sequence(tasks, learner, options);
  resume(sequence, run, options, progress);
  if (tasks.size() > 0 && sequence.outcome().baseline.empty()) sequence.measure_untrained();
  while (!sequence.finished()) {
    progress.begin(
        fmt::format("{} task {}/{}", options.name, sequence.learned() + 1, tasks.size()));
    sequence.learn_next_task(progress);
    const Outcome& outcome = sequence.outcome();
    progress.end(outcome.diverged
                     ? "diverged"
                     : fmt::format("average over tasks {:.2f} %", 100 * outcome.metrics().acc));
    if (!sequence.finished()) run.save(sequence.checkpoint());
  }
  run.finish(to_json(sequence.outcome()));
  return sequence.outcome();
}

}  // namespace engram::experiment
