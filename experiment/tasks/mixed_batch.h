#pragma once

#include <engram/autograd/random.h>
#include <engram/continual/streams/stream.h>

#include <cstdint>
#include <vector>

namespace engram::experiment {

/// Images of several tasks, those of the first task first.
struct MixedBatch {
  data::Batch batch;
  std::vector<std::int64_t> sizes;  ///< samples of each task
};

/// A batch for joint training: for each sample a random task, then a random sample of that task.
MixedBatch mixed_batch(const std::vector<continual::Task>& tasks, std::int64_t size,
                       Generator& generator);

}  // namespace engram::experiment
