#pragma once

#include "common/images.h"
#include "optimizers/setup.h"

#include <engram/experiment/store/store.h>

#include <functional>

namespace engram::examples::study {

/// Called with the fraction done of the training, 0 to 1.
using Tell = std::function<void(double done)>;

/// Trains, resuming the run's checkpoint if there is one; a damaged one is a warning on stderr, and
/// the training restarts. Saves a checkpoint at the end of an epoch every `keep_every` seconds;
/// does not finish the run. Throws Interrupted on Ctrl-C.
Record train(const Setup& setup, Images& images, const Tell& tell, Run& run,
             double keep_every = 60);

}  // namespace engram::examples::study
