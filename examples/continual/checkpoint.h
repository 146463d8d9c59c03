#pragma once

#include "continual/outcome.h"
#include "continual/setup.h"

#include <engram/autograd/state.h>

#include <filesystem>

namespace engram::examples::runs {

/// A run between two of its tasks: all that it takes to go on bitwise as if it had not stopped.
struct Checkpoint {
  Outcome outcome;  ///< so far
  StateDict network;
  StateDict optimizer;
  StateDict method;
};

/// Throws what saving would: to be asked before the work.
void check_can_save(const std::filesystem::path& file);

/// Writes one file, which appears complete or not at all.
void save_checkpoint(const std::filesystem::path& file, const Setup& setup,
                     const Checkpoint& checkpoint);

/// Error, or Json::exception, when it cannot be read, is not bit for bit what was written, or is of
/// another setup.
Checkpoint load_checkpoint(const std::filesystem::path& file, const Setup& setup);

}  // namespace engram::examples::runs
