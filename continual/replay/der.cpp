#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/loss.h>
#include <engram/continual/replay/der.h>

namespace engram::continual {
namespace {

/// Mean of (z − f)² over samples and outputs, in task-incremental learning each sample's own
/// outputs.
Tensor distance(const Tensor& logits, const Replay& samples, Scenario scenario) {
  if (scenario != Scenario::task) return mse_loss(logits, samples.logits);
  const Tensor mask = output_mask(samples.outputs, logits.size(1));
  std::int64_t count = 0;
  for (const Outputs& own : samples.outputs) count += own.size();
  const Tensor total =
      mse_loss(where(mask, logits, samples.logits), samples.logits, {.reduction = Reduction::sum});
  return total / static_cast<double>(count);
}

}  // namespace

DER::DER(Network network, const DEROptions& options)
    : network_(std::move(network)),
      options_(options),
      memory_({.capacity = options.capacity, .logits = true, .owner = "DER"}) {
  check(options_.batch >= 1, "DER: batch must be at least 1, got {}", options_.batch);
  check(options_.alpha >= 0, "DER: alpha must be at least 0, got {}", options_.alpha);
  check(options_.beta >= 0, "DER: beta must be at least 0, got {}", options_.beta);
}

void DER::begin_task(const Task& task) {
  draws_.reset(random_stream(options_.seed, "replay", task.number));
  offers_.reset(random_stream(options_.seed, "reservoir", task.number));
}

Tensor DER::loss(const Step& step, const Tensor& loss) {
  const auto& [task, batch, logits] = step;
  Tensor total = loss;
  if (!memory_.empty() && options_.alpha > 0) {
    const Replay samples = memory_.draw(options_.batch, draws_);
    total = total + options_.alpha * distance(network_(samples.x), samples, task.scenario);
  }
  if (!memory_.empty() && options_.beta > 0) {
    const Replay samples = memory_.draw(options_.batch, draws_);
    total = total +
            options_.beta * replay_loss(network_(samples.x), samples, task.scenario, task.outputs);
  }
  memory_.offer(batch, task.outputs, offers_, logits);
  return total;
}

}  // namespace engram::continual
