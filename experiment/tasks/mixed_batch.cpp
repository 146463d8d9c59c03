#include <engram/autograd/ops/shaping.h>
#include <engram/experiment/tasks/mixed_batch.h>

namespace engram::experiment {

MixedBatch mixed_batch(const std::vector<continual::Task>& tasks, std::int64_t size,
                       Generator& generator) {
  std::vector<std::vector<std::int64_t>> rows(tasks.size());
  for (std::int64_t i = 0; i < size; ++i) {
    const auto task = static_cast<std::size_t>(generator.below(std::ssize(tasks)));
    rows[task].push_back(generator.below(tasks[task].train.size()));
  }
  MixedBatch mixed;
  std::vector<Tensor> x, y;
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    const data::Batch part = tasks[task].train.batch(rows[task]);
    x.push_back(part.x);
    y.push_back(part.y);
    mixed.sizes.push_back(part.y.size(0));
  }
  mixed.batch = {cat(x), cat(y)};
  return mixed;
}

}  // namespace engram::experiment
