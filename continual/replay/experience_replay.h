#pragma once

#include <engram/autograd/random.h>
#include <engram/continual/method.h>
#include <engram/continual/replay/reservoir.h>

#include <cstdint>
#include <optional>

namespace engram::continual {

struct ExperienceReplayOptions {
  std::int64_t capacity = 1000;  ///< samples in memory, of all tasks together
  /// Set, the memory grows instead by this many samples of each class of each task.
  std::optional<std::int64_t> per_class{};
  std::int64_t batch = 128;  ///< replayed samples a step
  /// Of the replayed samples in the loss, in [0, 1]; by default the share 1 − 1/T of the T − 1
  /// earlier among the T tasks so far.
  std::optional<double> weight{};
  std::uint64_t seed = 0;
};

/// Experience replay: every step also trains on samples of earlier tasks out of a memory,
///
///     loss = (1 − w)·L(batch) + w·L(replayed),   w = 1 − 1/T
///
/// with mean cross entropies L, in which a sample competes among the outputs that are right for it
/// (continual::active_outputs). The first task is trained on as if there were no replay.
///
/// This w counts every task the same, as the average accuracy does: van de Ven & Tolias, "Three
/// scenarios for continual learning", 2019 (arXiv 1904.07734); `per_class` is their budget for
/// replay of stored images. Chaudhry et al., "On tiny episodic memories in continual learning",
/// 2019 (arXiv 1902.10486), take the mean over both batches together, which for batches of one
/// size is `weight` ½, and draw from a memory filled by reservoir sampling.
///
/// Unlike the latter's, which see each image once and store it as it passes, the memory is filled
/// when a task ends, by one offer of each of its training images: what it holds depends on the data
/// and the seed, and neither on the number of epochs nor on the order of the batches. What is
/// replayed is of earlier tasks alone.
///
/// In a combination, w scales what the methods before this one have added to the loss: penalties
/// come after it.
class ExperienceReplay : public Method {
 public:
  /// Error for options out of range.
  explicit ExperienceReplay(Network network, const ExperienceReplayOptions& options = {});

  void begin_task(const Task& task) override;
  Tensor loss(const Step& step, const Tensor& loss) override;
  void end_task(const Task& task) override;
  StateDict state_dict() const override { return memory_.state_dict(); }
  void read_state(StateReader& state) override { memory_.read_state(state); }

  const Reservoir& memory() const { return memory_; }

 private:
  Network network_;
  ExperienceReplayOptions options_;
  Reservoir memory_;
  Generator generator_;  // of what is replayed
};

}  // namespace engram::continual
