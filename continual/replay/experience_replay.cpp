#include <engram/autograd/ops/arithmetic.h>
#include <engram/continual/replay/experience_replay.h>

namespace engram::continual {

ExperienceReplay::ExperienceReplay(Network network, const ExperienceReplayOptions& options)
    : network_(std::move(network)),
      options_(options),
      memory_({.capacity = options.per_class ? Reservoir::unlimited : options.capacity,
               .owner = "ExperienceReplay"}) {
  check(options_.per_class.value_or(0) >= 0,
        "ExperienceReplay: per_class must be at least 0, got {}", options_.per_class.value_or(0));
  check(options_.batch >= 1, "ExperienceReplay: batch must be at least 1, got {}", options_.batch);
  check(!options_.weight || (*options_.weight >= 0 && *options_.weight <= 1),
        "ExperienceReplay: weight must be in [0, 1], got {}", options_.weight.value_or(0));
}

void ExperienceReplay::begin_task(const Task& task) {
  generator_.reset(random_stream(options_.seed, "replay", task.number));
}

Tensor ExperienceReplay::loss(const Step& step, const Tensor& loss) {
  if (memory_.empty()) return loss;
  const Replay samples = memory_.draw(options_.batch, generator_);
  const Tensor replayed =
      replay_loss(network_(samples.x), samples, step.task.scenario, step.task.outputs);
  const double weight = options_.weight.value_or(1 - 1.0 / (step.task.number + 1));
  return loss * (1 - weight) + replayed * weight;
}

void ExperienceReplay::end_task(const Task& task) {
  offer_task(memory_, task, options_.per_class, options_.seed);
}

}  // namespace engram::continual
