#pragma once

#include <engram/autograd/random.h>
#include <engram/continual/method.h>
#include <engram/continual/replay/reservoir.h>

#include <cstdint>
#include <optional>

namespace engram::continual {

struct ExperienceReplayOptions {
  std::int64_t capacity = 1000;  ///< samples in memory, of all tasks together
  /// If set, in place of `capacity`: this many samples of each class of each task.
  std::optional<std::int64_t> per_class{};
  std::int64_t batch = 128;  ///< replayed samples a step
  /// Weight of the replayed samples' loss, in [0, 1]; by default 1 − 1/T, the share of the earlier
  /// tasks among the T tasks so far.
  std::optional<double> weight{};
  std::uint64_t seed = 0;
};

/// Experience replay: every step also trains on samples of earlier tasks from a memory,
///
///     loss = (1 − w)·L(batch) + w·L(replayed),   w = 1 − 1/T
///
/// with mean cross entropies L, each sample's over its own active classes
/// (continual::active_outputs). The first task is trained without replay.
///
/// This w weights all tasks equally, as the average accuracy does: van de Ven & Tolias, "Three
/// scenarios for continual learning", 2019 (arXiv 1904.07734); `per_class` is their budget for
/// replay of stored images. Chaudhry et al., "On tiny episodic memories in continual learning",
/// 2019 (arXiv 1902.10486), take the mean over both batches together, which is `weight` ½ for
/// batches of the same size, and draw from a memory filled by reservoir sampling.
///
/// Unlike the latter, who see each image once and store it as it passes, the memory is filled at
/// the end of a task, by one offer of each of its training samples: the contents depend on the data
/// and the seed, not on the number of epochs or the order of the batches. Samples of earlier tasks
/// alone are replayed.
///
/// In a Combination, 1 − w scales the terms of earlier methods too: penalties come after this
/// method.
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
  Generator generator_;  // of replayed samples
};

}  // namespace engram::continual
