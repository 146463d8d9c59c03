#pragma once

#include "common/experiment.h"

#include <engram/experiment/run/results.h>

#include <cstdint>
#include <string>

namespace engram::examples::runs {

/// Everything that determines the outcome of a run: runs with equal setups are the same run. A run
/// learns a sequence of tasks with one method and one seed.
struct Setup {
  std::string dataset = "mnist";       ///< or "fashion-mnist"
  std::string images{};                ///< fingerprint of the images
  std::string scenario = "permuted";   ///< the construction of tasks from the images
  std::string incremental = "domain";  ///< or "task", "class": continual::Scenario
  int tasks = 10;
  /// For the choice of hyperparameters: learns other tasks of the kind from a part of the training
  /// images, and tests on the rest of them.
  bool validation = false;

  std::int64_t pad = 0;  ///< zeros around the images
  std::int64_t hidden = 400;
  int layers = 2;                ///< hidden ones
  double dropout = 0;            ///< after each hidden layer
  std::string init = "default";  ///< of the layers' weights; or "xavier", with biases of 0

  std::string optimizer = "adam";
  double lr = 1e-3;
  std::string schedule = "constant";  ///< of the rate within a task; or "cosine": down to 0
  bool reset_optimizer = false;       ///< clears the optimizer's state before each task
  std::int64_t batch = 128;
  std::int64_t iterations = 0;  ///< steps on each task; 0: given by `epochs`
  int epochs = 1;

  std::string method = "naive";
  Json options = Json::object();  ///< of the method
  std::uint64_t seed = 0;
  int threads = 1;  ///< changes the last digits
};

/// Equal if and only if the setups are.
Json to_json(const Setup& setup);

}  // namespace engram::examples::runs
