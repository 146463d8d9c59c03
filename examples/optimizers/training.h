#pragma once

#include "common/images.h"
#include "optimizers/setup.h"

#include <engram/experiment/store/store.h>

#include <functional>

namespace engram::examples::study {

/// Called with how much of the training is done, 0 to 1.
using Tell = std::function<void(double done)>;

/// Trains. A long one is kept at the first end of an epoch that is `keep_every` seconds after the
/// last time, and goes on from there when it is asked for again; it is not finished here. A
/// checkpoint that is damaged is told on stderr, and the training begins anew. Throws Interrupted
/// on Ctrl-C.
Record train(const Setup& setup, Images& images, const Tell& tell, Run& run,
             double keep_every = 60);

}  // namespace engram::examples::study
