#include "optimizers/training.h"

#include "common/experiment.h"
#include "optimizers/network.h"

#include <engram/autograd/error.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/data/loader.h>
#include <engram/experiment/run/clock.h>
#include <engram/experiment/run/evaluation.h>
#include <engram/experiment/run/stop.h>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace engram::examples::study {
namespace {

/// The data sets of a setup.
struct Parts {
  data::Dataset train;
  data::Dataset seen;        // the training images to measure on
  data::Dataset validation;  // held out
  data::Dataset test;
};

Parts parts_of(const Setup& setup, const data::TrainTest& all) {
  const std::int64_t count = all.train.size();
  check(setup.train + setup.validation <= count, "{}: {} training images do not hold {} and {}",
        setup.dataset, count, setup.train, setup.validation);
  const data::Dataset train = all.train.take(setup.train ? setup.train : count - setup.validation);
  const data::Dataset test = setup.test ? all.test.take(setup.test) : all.test;
  return {train, train.take(test.size()), all.train.slice(count - setup.validation, count), test};
}

/// Bytes of the optimizer's state tensors, which are its only f32 entries.
std::int64_t kept_bytes(const optim::Optimizer& optimizer) {
  std::int64_t bytes = 0;
  for (const auto& [name, value] : optimizer.state_dict()) {
    if (value.dtype() == f32) bytes += static_cast<std::int64_t>(value.bytes().size());
  }
  return bytes;
}

/// A training that can be saved and resumed between epochs.
class Training {
 public:
  Training(const Setup& setup, const data::TrainTest& images)
      : images_(parts_of(setup, images)),
        network_(seeded_network(setup)),
        optimizer_(make_contender(setup.optimizer, network_.parameters(), setup.with)) {
    record_.setup = setup;
    // DeepOBS drops an incomplete last batch.
    drop_last_ = setup.network == "2c2d" && images_.train.size() >= setup.batch;
    record_.steps_per_epoch = loader(0).size();
    record_.parameters = network_.parameter_count();
  }

  bool finished() const { return !record_.points.empty() && record_.finished(); }
  const Record& record() const { return record_; }

  void measure() {
    const Evaluation train = evaluate(network_, images_.seen);
    const Evaluation test = evaluate(network_, images_.test);
    record_.points.push_back(
        {step_, seconds_, train.loss, train.accuracy, test.loss, test.accuracy});
  }

  void epoch(const Tell& tell) {
    const Setup& setup = record_.setup;
    for (auto [x, y] : loader(step_ / record_.steps_per_epoch)) {
      train_step(x, y);
      if (record_.diverged) return measure();

      const std::int64_t every =
          setup.measure_every ? setup.measure_every : record_.steps_per_epoch;
      const std::int64_t all_steps = setup.epochs * record_.steps_per_epoch;
      tell(static_cast<double>(step_) / static_cast<double>(all_steps));
      if (step_ % every == 0 || step_ == all_steps) measure();
      stop_if_interrupted();
      if (finished()) return;
    }
  }

  Record finish() {
    record_.validation_accuracy = evaluate(network_, images_.validation).accuracy;
    record_.update_seconds = step_ == 0 ? 0 : update_seconds_ / static_cast<double>(step_);
    record_.state_bytes = kept_bytes(*optimizer_);
    return record_;
  }

  Checkpoint checkpoint() const {
    return {
        .progress = {{"record", to_json(record_)},
                     // The current step, which may be past the last measured point.
                     {"step", step_},
                     {"seconds", seconds_},
                     {"update_seconds", update_seconds_}},  // of all steps so far
        .states = {{"network", network_.state_dict()}, {"optimizer", optimizer_->state_dict()}}};
  }

  void load(const Checkpoint& checkpoint) {
    const Json& progress = checkpoint.progress;
    network_.load_state_dict(checkpoint.states.at("network"));
    optimizer_->load_state_dict(checkpoint.states.at("optimizer"));
    record_ = record_from_json(progress.at("record"));
    step_ = progress.at("step");
    seconds_ = progress.at("seconds");
    update_seconds_ = progress.at("update_seconds");
  }

 private:
  static nn::Sequential seeded_network(const Setup& setup) {
    manual_seed(setup.seed);
    return make_network(setup.network);
  }

  void train_step(const Tensor& x, const Tensor& y) {
    const auto start = Clock::now();
    Tape tape;
    const Tensor loss = cross_entropy(network_(x), y);
    record_.diverged = !std::isfinite(loss.item());
    if (!record_.diverged) {
      tape.backward(loss);
      const auto backward_done = Clock::now();
      optimizer_->step();
      update_seconds_ += seconds_since(backward_done);
      optimizer_->zero_grad();
      ++step_;
    }
    seconds_ += seconds_since(start);
  }

  /// The loader of one epoch, with its own seed, so that training can resume at any epoch.
  data::Loader loader(std::int64_t epoch) const {
    return data::Loader(images_.train,
                        {.batch = std::min(record_.setup.batch, images_.train.size()),
                         .shuffle = true,
                         .seed = record_.setup.seed * 100'003 + static_cast<std::uint64_t>(epoch),
                         .drop_last = drop_last_});
  }

  Parts images_;
  nn::Sequential network_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  bool drop_last_ = false;
  Record record_;
  std::int64_t step_ = 0;
  double seconds_ = 0;         // of all steps, without measurements
  double update_seconds_ = 0;  // of these in the optimizer
};

Training fresh(const Setup& setup, const data::TrainTest& images) {
  Training training(setup, images);
  training.measure();
  return training;
}

/// Resumes from an undamaged checkpoint, otherwise starts from the beginning.
Training begin(const Setup& setup, const data::TrainTest& images, const Run& run) {
  try {
    if (const std::optional<Checkpoint> left = run.checkpoint()) {
      Training training(setup, images);
      training.load(*left);
      return training;
    }
  } catch (const DataError& error) {
    fmt::print(stderr, "warning: a training begins anew: {}\n", error.what());
  }
  return fresh(setup, images);
}

}  // namespace

Record train(const Setup& setup, Images& images, const Tell& tell, Run& run, double keep_every) {
  Training training = begin(setup, images[setup.dataset], run);
  auto saved = Clock::now();
  while (!training.finished()) {
    training.epoch(tell);
    if (!training.finished() && seconds_since(saved) >= keep_every) {
      run.save(training.checkpoint());
      saved = Clock::now();
    }
  }
  return training.finish();
}

}  // namespace engram::examples::study
