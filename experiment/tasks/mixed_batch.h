#pragma once

#include <engram/autograd/random.h>
#include <engram/continual/streams/stream.h>

#include <cstdint>
#include <vector>

namespace engram::experiment {

/// Images of several tasks, those of the first task first.
struct MixedBatch {
  data::Batch batch;
  std::vector<std::int64_t> sizes;  ///< how many there are of each task
};

/// Images drawn at random from all these tasks alike: what joint training takes its steps on, as
/// many of them for each task as the other methods take.
MixedBatch mixed_batch(const std::vector<continual::Task>& tasks, std::int64_t size,
                       Generator& generator);

}  // namespace engram::experiment
