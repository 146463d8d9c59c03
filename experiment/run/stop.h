#pragma once

#include <engram/autograd/tensor.h>

#include <cstdint>
#include <stdexcept>

// The ways in which a training stops before its end. Each is an exception, so that what was opened
// is closed and what was written stays.
namespace engram::experiment {

/// The loss is infinite or not a number.
struct Diverged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Ctrl-C.
struct Interrupted : std::runtime_error {
  Interrupted() : runtime_error("interrupted; what was written so far is kept") {}
};

/// From now on the first Ctrl-C waits for `stop_if_interrupted`; a second one ends the program. One
/// that came before is forgotten. Where Ctrl-C is ignored, as behind nohup, it stays so.
void catch_interrupts();

/// Throws Interrupted if Ctrl-C was pressed.
void stop_if_interrupted();

/// Throws Diverged, naming the step, when the loss is infinite or not a number.
void stop_if_diverged(const Tensor& loss, std::int64_t step);

}  // namespace engram::experiment
