#pragma once

#include "common/experiment.h"
#include "continual/setup.h"

#include <engram/data/mnist.h>
#include <engram/experiment/run/progress.h>
#include <engram/experiment/store/store.h>
#include <engram/experiment/tasks/outcome.h>

#include <cstdint>

namespace engram::examples::runs {

/// The total number of steps of the run.
std::int64_t steps_of(const Setup& setup, const data::TrainTest& images);

/// Learns the remaining tasks of the run: see `learn_sequence`.
Outcome train(Run& run, const Setup& setup, const data::TrainTest& images, Progress& progress);

}  // namespace engram::examples::runs
