#include "continual/training.h"

#include "common/clock.h"
#include "common/evaluation.h"
#include "common/mixed_batch.h"
#include "common/optimizer.h"
#include "common/stop.h"
#include "continual/checkpoint.h"
#include "continual/methods.h"
#include "continual/network.h"
#include "continual/stream.h"

#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/data/loader.h>

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <optional>

namespace engram::examples::runs {
namespace {

namespace fs = std::filesystem;

/// A seed of its own for each purpose and task of a run.
std::uint64_t derived_seed(std::uint64_t seed, const char* purpose, const continual::Task& task) {
  return RandomStream(seed, purpose).substream(static_cast<std::uint64_t>(task.number)).seed;
}

std::int64_t iterations_of(const Setup& setup, const continual::Task& task) {
  if (setup.iterations) return setup.iterations;
  return setup.epochs * ((task.train.size() + setup.batch - 1) / setup.batch);
}

/// How many of a task's images are classified correctly among these outputs.
std::int64_t count_correct_among(const continual::Outputs& outputs, const Tensor& logits,
                                 const Tensor& y) {
  return count_correct(continual::select_outputs(logits, outputs), y - outputs.begin);
}

/// Test accuracy on every task, as it is after `latest` was learned.
std::vector<double> accuracies(const continual::Network& network, const continual::Stream& tasks,
                               const continual::Task& latest) {
  std::vector<double> row;
  for (const continual::Task& task : tasks) {
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

/// One step of joint training: on images of all tasks seen, each with the loss of its task.
StepDone joint_step(const continual::Network& network, optim::Optimizer& optimizer,
                    const std::vector<continual::Task>& seen, const MixedBatch& mixed) {
  Tape tape;
  const Tensor logits = network(mixed.batch.x);
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
  optimizer.step();
  optimizer.zero_grad();
  return {value, correct};
}

/// A sequence of tasks under way.
class Run {
 public:
  Run(const Setup& setup, const data::TrainTest& images)
      : setup_(setup),
        tasks_(make_stream(setup, images)),
        net_(seeded_net(setup, tasks_)),
        network_(net_),
        optimizer_(make_optimizer(setup.optimizer, net_.parameters(), setup.lr)),
        new_optimizer_(optimizer_->state_dict()),
        method_(make_method(setup.method, network_, setup.options, setup.seed)) {}

  int learned() const { return static_cast<int>(outcome_.matrix.size()); }
  bool finished() const { return learned() == setup_.tasks || outcome_.diverged; }
  const Outcome& outcome() const { return outcome_; }

  void load_from(const fs::path& file) {
    const Checkpoint checkpoint = load_checkpoint(file, setup_);
    net_.load_state_dict(checkpoint.network);
    optimizer_->load_state_dict(checkpoint.optimizer);
    method_->load_state_dict(checkpoint.method);
    outcome_ = checkpoint.outcome;
  }

  void save_to(const fs::path& file) const {
    save_checkpoint(file, setup_,
                    {outcome_, net_.state_dict(), optimizer_->state_dict(), method_->state_dict()});
  }

  void measure_untrained() {
    const auto start = Clock::now();
    outcome_.baseline = accuracies(network_, tasks_, tasks_[0]);
    outcome_.seconds += seconds_since(start);
  }

  std::int64_t steps_done() const {
    std::int64_t steps = 0;
    for (int number = 0; number < learned(); ++number) {
      steps += iterations_of(setup_, tasks_[number]);
    }
    return steps;
  }

  void learn_next_task(Progress& progress) {
    const auto start = Clock::now();
    const continual::Task task = tasks_[learned()];
    manual_seed(derived_seed(setup_.seed, "dropout", task));
    if (setup_.reset_optimizer) optimizer_->load_state_dict(new_optimizer_);
    method_->begin_task(task);
    if (setup_.method == "joint") {
      learn_jointly(task, progress);
    } else {
      learn(task, progress);
    }
    if (!outcome_.diverged) {
      method_->end_task(task);
      outcome_.matrix.push_back(accuracies(network_, tasks_, task));
    }
    if (setup_.method != "joint") outcome_.memory_bytes = method_->state_bytes();
    outcome_.seconds += seconds_since(start);
  }

 private:
  static Net seeded_net(const Setup& setup, const continual::Stream& tasks) {
    manual_seed(setup.seed);
    return Net(tasks[0].train.sample_shape().numel(), tasks.outputs(), setup);
  }

  void learn(const continual::Task& task, Progress& progress) {
    data::Loader loader(task.train, {.batch = setup_.batch,
                                     .shuffle = true,
                                     .seed = derived_seed(setup_.seed, "order", task),
                                     .iterations = iterations_of(setup_, task)});
    std::int64_t step = 0;
    for (const data::Batch& batch : loader) {
      set_rate(step++, loader.size());
      const auto [logits, loss] =
          continual::train_step(network_, *method_, *optimizer_, task, batch);
      const auto correct = count_correct_among(active_outputs(task, task), logits, batch.y);
      if (!tell({loss, correct}, batch.y.size(0), progress)) return;
    }
  }

  void learn_jointly(const continual::Task& task, Progress& progress) {
    std::vector<continual::Task> seen;
    for (int n = 0; n <= task.number; ++n) seen.push_back(tasks_[n]);
    Generator mixing =
        Generator(setup_.seed, "joint training").substream(static_cast<std::uint64_t>(task.number));
    const std::int64_t iterations = iterations_of(setup_, task);
    for (std::int64_t step = 0; step < iterations; ++step) {
      set_rate(step, iterations);
      const MixedBatch mixed = mixed_batch(seen, setup_.batch, mixing);
      if (!tell(joint_step(network_, *optimizer_, seen, mixed), setup_.batch, progress)) return;
    }
  }

  void set_rate(std::int64_t step, std::int64_t steps) {
    if (setup_.schedule != "cosine") return;
    const double done = static_cast<double>(step) / static_cast<double>(steps);
    optimizer_->lr() = setup_.lr * (1 + std::cos(std::numbers::pi * done)) / 2;
  }

  /// Whether the run can go on.
  bool tell(const StepDone& step, std::int64_t size, Progress& progress) {
    progress.step(size, step.loss, step.correct);
    stop_if_interrupted();
    if (!std::isfinite(step.loss)) outcome_.diverged = optimizer_->steps();
    return !outcome_.diverged;
  }

  Setup setup_;
  continual::Stream tasks_;
  Net net_;
  continual::Network network_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  StateDict new_optimizer_;
  std::unique_ptr<continual::Method> method_;
  Outcome outcome_;
};

}  // namespace

std::int64_t steps_of(const Setup& setup, const data::TrainTest& images) {
  std::int64_t steps = 0;
  for (const continual::Task& task : make_stream(setup, images))
    steps += iterations_of(setup, task);
  return steps;
}

Outcome train(const Setup& setup, const data::TrainTest& images, const fs::path& checkpoint,
              Progress& progress) {
  check_can_save(checkpoint);
  std::optional<Run> run(std::in_place, setup, images);
  if (fs::exists(checkpoint)) {
    try {
      run->load_from(checkpoint);
      progress.skip(run->steps_done());
    } catch (const std::exception& error) {
      fmt::print(stderr, "warning: {} begins anew: {}\n", setup.method, error.what());
      run.emplace(setup, images);
    }
  }
  if (run->outcome().baseline.empty()) run->measure_untrained();
  while (!run->finished()) {
    progress.begin(fmt::format("{} seed {}{} task {}/{}", setup.method, setup.seed,
                               setup.validation ? " (validation)" : "", run->learned() + 1,
                               setup.tasks));
    run->learn_next_task(progress);
    const auto& outcome = run->outcome();
    progress.end(outcome.diverged
                     ? "diverged"
                     : fmt::format("average over tasks {:.2f} %", 100 * outcome.metrics().acc));
    run->save_to(checkpoint);
  }
  return run->outcome();
}

}  // namespace engram::examples::runs
