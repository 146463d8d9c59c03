#pragma once

#include <engram/autograd/tensor.h>

#include <cstdint>
#include <stdexcept>

// The early ends of a training. They are exceptions, so that destructors close the open files.
namespace engram::experiment {

/// The loss is infinite or not a number.
struct Diverged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Ctrl-C.
struct Interrupted : std::runtime_error {
  Interrupted() : runtime_error("interrupted; what was written so far is kept") {}
};

/// From now on the first Ctrl-C is deferred to `stop_if_interrupted`; a second one ends the
/// program. An earlier Ctrl-C is forgotten. Where SIGINT is ignored, as under nohup, it stays
/// ignored.
void catch_interrupts();

/// Throws Interrupted if Ctrl-C was pressed.
void stop_if_interrupted();

/// Throws Diverged, naming the step, when the loss is infinite or not a number.
void stop_if_diverged(const Tensor& loss, std::int64_t step);

}  // namespace engram::experiment
