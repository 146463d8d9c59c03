#pragma once

#include "common/experiment.h"
#include "optimizers/contender.h"

#include <engram/autograd/threads.h>
#include <engram/experiment/run/results.h>

#include <cstdint>
#include <string>
#include <vector>

namespace engram::examples::study {

/// Everything that determines a training's outcome: trainings with equal setups are the same.
struct Setup {
  std::string dataset;    ///< "mnist" or "fashion-mnist"
  std::string network;    ///< "mlp", "cnn" or "2c2d"
  std::string optimizer;  ///< a contender's name
  Hyperparameters with;
  std::int64_t train = 0;       ///< number of training images, the first ones; 0: all
  std::int64_t validation = 0;  ///< number of the last training images that are held out
  std::int64_t test = 0;        ///< 0: all
  std::int64_t batch = 128;
  int epochs = 1;
  std::int64_t measure_every = 0;  ///< steps between measurements; 0: an epoch
  double until_accuracy = 2;       ///< stops at this test accuracy
  std::uint64_t seed = 0;
  int threads = num_threads();  ///< changes the times, and the last digits

  bool operator==(const Setup&) const = default;
};

/// The setup as JSON; `setup_from_json` is the inverse.
Json to_json(const Setup& setup);
Setup setup_from_json(const Json& json);

/// A measurement in eval mode, on the first training images, as many as there are test images, and
/// on the test images.
struct Point {
  std::int64_t step = 0;
  double seconds = 0;  ///< of training alone, without measuring
  double train_loss = 0, train_accuracy = 0;
  double test_loss = 0, test_accuracy = 0;
};

/// The results of a training.
struct Record {
  Setup setup;
  std::vector<Point> points;       ///< at least one, the first before any step
  double validation_accuracy = 0;  ///< at the end; NaN when nothing was held out
  std::int64_t steps_per_epoch = 1;
  double update_seconds = 0;  ///< of the optimizer in a step, on average
  std::int64_t parameters = 0;
  std::int64_t state_bytes = 0;  ///< of the optimizer's state
  bool diverged = false;         ///< stopped at a loss that is not finite

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
/// Json::exception for a missing part, DataError for impossible values.
Record record_from_json(const Json& json);

/// The expected duration of the training in seconds, from times on two cores of an AVX-512 Xeon.
double expected_seconds(const Setup& setup);

}  // namespace engram::examples::study
