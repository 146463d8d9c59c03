#pragma once

#include "common/progress.h"
#include "continual/outcome.h"
#include "continual/setup.h"

#include <engram/data/mnist.h>

#include <filesystem>

namespace engram::examples::runs {

/// Steps that the run takes in all its tasks.
std::int64_t steps_of(const Setup& setup, const data::TrainTest& images);

/// Learns the tasks of a setup, one after the other. After each of them the run is kept in the file
/// `checkpoint`, from where it goes on when it is asked for again; a file that cannot be trusted is
/// told on stderr, and the run begins anew. The file stays: the caller removes it once the outcome
/// is safe. A run that diverges is one with an outcome. Throws Interrupted on Ctrl-C.
Outcome train(const Setup& setup, const data::TrainTest& images,
              const std::filesystem::path& checkpoint, Progress& progress);

}  // namespace engram::examples::runs
