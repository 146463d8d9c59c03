#include "optimizers/training.h"

#include "common/clock.h"
#include "common/evaluation.h"
#include "common/stop.h"
#include "optimizers/network.h"

#include <engram/autograd/error.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/data/loader.h>
#include <engram/io/atomic_file.h>
#include <engram/io/state_file.h>

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>

namespace engram::examples::study {
namespace {

namespace fs = std::filesystem;

/// The images of a setup.
struct Parts {
  data::Dataset train;       // to learn from
  data::Dataset seen;        // of them, those to measure on
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

/// Bytes of the tensors that an optimizer keeps for its parameters; its options are no f32.
std::int64_t kept_bytes(const optim::Optimizer& optimizer) {
  std::int64_t bytes = 0;
  for (const auto& [name, value] : optimizer.state_dict()) {
    if (value.dtype() == f32) bytes += static_cast<std::int64_t>(value.bytes().size());
  }
  return bytes;
}

/// A training that can be put away between two epochs and taken up again.
class Training {
 public:
  Training(const Setup& setup, const data::TrainTest& images)
      : images_(parts_of(setup, images)),
        network_(seeded_network(setup)),
        optimizer_(make_contender(setup.optimizer, network_.parameters(), setup.with)) {
    record_.setup = setup;
    // DeepOBS leaves out the last batch of an epoch when it is not full.
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

  /// Network, optimizer and record; the record last, for it says that the others are there.
  void save_to(const fs::path& folder) const {
    fs::create_directories(folder);
    fs::remove(folder / "record.json");
    save(network_.state_dict(), folder / "network.safetensors");
    save(optimizer_->state_dict(), folder / "optimizer.safetensors");
    Json json = to_json(record_);
    // Where the training is: the last measured point may lie before it.
    json["step"] = step_;
    json["seconds"] = seconds_;
    json["update_seconds"] = update_seconds_;  // of all steps so far
    const std::string text = json.dump() + "\n";
    AtomicFile file("checkpoint", folder / "record.json");
    file.write(text.data(), text.size());
    file.finish();
  }

  /// Json::exception or Error for files that are damaged; then the training is of no more use.
  void load_from(const fs::path& folder) {
    std::ifstream file(folder / "record.json");
    const Json json = Json::parse(file);
    network_.load_state_dict(load(folder / "network.safetensors"));
    optimizer_->load_state_dict(load(folder / "optimizer.safetensors"));
    record_ = record_from_json(json);
    step_ = json.at("step");
    check_data(step_ == optimizer_->steps(), "record.json has {} steps, the optimizer {}", step_,
               optimizer_->steps());
    seconds_ = json.at("seconds");
    update_seconds_ = json.at("update_seconds");
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

  /// One epoch's; its order has a seed of its own, so that an epoch can be the first after a load.
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
  double update_seconds_ = 0;  // of it in the optimizer
};

Training fresh(const Setup& setup, const data::TrainTest& images) {
  Training training(setup, images);
  training.measure();
  return training;
}

std::optional<Record> read_record(const fs::path& checkpoint) {
  std::ifstream file(checkpoint / "record.json");
  if (!file) return std::nullopt;
  return record_from_json(Json::parse(file));
}

/// Goes on from the checkpoint where it is of this setup. Json::exception or Error when it is
/// damaged.
std::optional<Training> resumed(const Setup& setup, const data::TrainTest& images,
                                const fs::path& checkpoint) {
  const std::optional<Record> before = read_record(checkpoint);
  if (!before || before->setup != setup) return std::nullopt;
  std::optional<Training> training(std::in_place, setup, images);
  training->load_from(checkpoint);
  return training;
}

/// Says so, and removes the checkpoint, so that it is said once.
void drop(const fs::path& checkpoint, const std::exception& why) {
  fmt::print(stderr, "warning: the checkpoint {} is damaged, its training begins anew: {}\n",
             checkpoint.string(), why.what());
  fs::remove_all(checkpoint);
}

/// From the checkpoint if it can be, else from the start.
Training begin(const Setup& setup, const data::TrainTest& images, const fs::path& checkpoint) {
  try {
    if (std::optional<Training> training = resumed(setup, images, checkpoint)) {
      return std::move(*training);
    }
  } catch (const Json::exception& error) {
    drop(checkpoint, error);
  } catch (const Error& error) {
    drop(checkpoint, error);
  }
  return fresh(setup, images);
}

}  // namespace

Record train(const Setup& setup, Images& images, const Tell& tell, const fs::path& checkpoint,
             double keep_every) {
  Training training = begin(setup, images[setup.dataset], checkpoint);
  auto saved = Clock::now();
  while (!training.finished()) {
    training.epoch(tell);
    if (!training.finished() && seconds_since(saved) >= keep_every) {
      training.save_to(checkpoint);
      saved = Clock::now();
    }
  }
  return training.finish();
}

std::optional<Record> unfinished(const fs::path& checkpoint) {
  try {
    return read_record(checkpoint);
  } catch (const Json::exception&) {  // damaged: `train` says so
    return std::nullopt;
  } catch (const DataError&) {
    return std::nullopt;
  }
}

}  // namespace engram::examples::study
