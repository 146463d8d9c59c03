#pragma once

#include "common/experiment.h"
#include "optimizers/contender.h"

#include <engram/autograd/threads.h>
#include <engram/experiment/run/results.h>

#include <cstdint>
#include <string>
#include <vector>

namespace engram::examples::study {

/// All that a training's outcome depends on: two trainings with equal setups are one.
struct Setup {
  std::string dataset;    ///< "mnist" or "fashion-mnist"
  std::string network;    ///< "mlp", "cnn" or "2c2d"
  std::string optimizer;  ///< a contender's name
  Hyperparameters with;
  std::int64_t train = 0;       ///< how many images to learn from, the first ones; 0: all
  std::int64_t validation = 0;  ///< so many of the last training images are held out
  std::int64_t test = 0;        ///< 0: all
  std::int64_t batch = 128;
  int epochs = 1;
  std::int64_t measure_every = 0;  ///< steps between two measurements; 0: an epoch
  double until_accuracy = 2;       ///< stops when the test accuracy has come so far
  std::uint64_t seed = 0;
  int threads = num_threads();  ///< times depend on it, and the last digits

  bool operator==(const Setup&) const = default;
};

/// As one line of a record has it; `from_json` is the way back.
Json to_json(const Setup& setup);
Setup setup_from_json(const Json& json);

/// A measurement in eval mode. The training images that it is taken on are the first ones, as many
/// as there are test images.
struct Point {
  std::int64_t step = 0;
  double seconds = 0;  ///< of training alone, without measuring
  double train_loss = 0, train_accuracy = 0;
  double test_loss = 0, test_accuracy = 0;
};

/// What came of a training.
struct Record {
  Setup setup;
  std::vector<Point> points;       ///< at least one, the first before any step
  double validation_accuracy = 0;  ///< at the end; NaN when nothing was held out
  std::int64_t steps_per_epoch = 1;
  double update_seconds = 0;  ///< a mean step's share that the optimizer itself takes
  std::int64_t parameters = 0;
  std::int64_t state_bytes = 0;  ///< what the optimizer keeps of them
  bool diverged = false;         ///< the loss left the numbers; training stopped there

  const Point& last() const { return points.back(); }
  double epoch(const Point& point) const {
    return static_cast<double>(point.step) / static_cast<double>(steps_per_epoch);
  }
  double step_seconds() const {
    return last().step == 0 ? 0 : last().seconds / static_cast<double>(last().step);
  }
  bool finished() const;
};

Json to_json(const Record& record);
/// Json::exception for what lacks a part, DataError for values that no training has.
Record record_from_json(const Json& json);

/// Seconds that the training is expected to take, by what it takes on two cores of an AVX-512 Xeon.
double expected_seconds(const Setup& setup);

}  // namespace engram::examples::study
