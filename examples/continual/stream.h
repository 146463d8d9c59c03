#pragma once

#include "common/images.h"
#include "continual/setup.h"

#include <engram/continual/streams/stream.h>

#include <string>

namespace engram::examples::runs {

/// The tasks of a setup. With `validation` the same seed gives other tasks, learned from the first
/// five sixths of the training images and tested on the last sixth; the test images are not used.
continual::Stream make_stream(const Setup& setup, const data::TrainTest& images);

/// A hash of a data set: of its labels, and of some of its images.
std::string fingerprint(const data::TrainTest& images);

}  // namespace engram::examples::runs
