#pragma once

#include <engram/autograd/random.h>
#include <engram/autograd/state_reader.h>
#include <engram/continual/network.h>
#include <engram/continual/streams/stream.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace engram::continual {

/// Samples out of a memory, stacked.
struct Replay {
  Tensor x;                      ///< (K, ...)
  Tensor y;                      ///< (K,) of i64
  std::vector<Outputs> outputs;  ///< of each sample's task
  Tensor logits;                 ///< (K, all outputs), undefined unless stored
};

struct ReservoirOptions {
  std::int64_t capacity;
  bool logits = false;              ///< store the logits of each sample
  std::string owner = "Reservoir";  ///< name in the state: no other owner's state loads
};

/// Reservoir sampling: at any time every sample offered so far is in memory with the same
/// probability, capacity / seen, whatever their order. (Vitter, "Random Sampling with a Reservoir",
/// 1985: algorithm R.) Samples are stored as batches return them, ready for a network.
class Reservoir {
 public:
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

  /// Error when the capacity is below 0. Memory is allocated for stored samples, not for the
  /// capacity.
  explicit Reservoir(const ReservoirOptions& options);

  /// Offers every sample of a batch, all of a task with these outputs: y (B,) of i64, and their
  /// logits (B, all outputs) if logits are stored. ShapeError and DTypeError when they do not match
  /// the samples in memory; DataError for a label outside `outputs`, and for outputs that begin
  /// below 0 or end beyond the logits; memory and generator are then unchanged.
  void offer(const data::Batch& batch, const Outputs& outputs, Generator& generator,
             const Tensor& logits = {});
  /// Offers every sample of a data set, once; only those to be stored are read.
  void offer(const data::Dataset& dataset, const Outputs& outputs, Generator& generator);

  /// `count` distinct samples at random, or all if there are fewer. Error when there are none.
  Replay draw(std::int64_t count, Generator& generator) const;

  std::int64_t capacity() const { return options_.capacity; }
  std::int64_t seen() const { return seen_; }  ///< samples that were offered so far
  std::int64_t size() const { return std::ssize(samples_.outputs); }
  bool empty() const { return samples_.outputs.empty(); }
  /// All stored samples, in the order of their places.
  const Replay& samples() const { return samples_; }

  StateDict state_dict() const;
  /// Error (ShapeError, DTypeError, DataError) for a state that such a memory cannot have; the
  /// memory is then unchanged.
  void load_state_dict(const StateDict& state);
  /// The same as part of a larger state.
  void read_state(StateReader& state);

 private:
  /// Where new samples are stored: sample rows[k] at place places[k].
  struct Placement {
    std::vector<std::int64_t> rows;
    std::vector<std::int64_t> places;
    std::int64_t seen;
  };
  std::string seen_key() const;
  Placement place(std::int64_t count, Generator& generator) const;
  void check_fits(const Replay& samples) const;
  void put(const Replay& chosen, const Placement& placement);

  ReservoirOptions options_;
  std::int64_t seen_ = 0;
  Replay samples_;
};

/// At most `count` samples of each label, drawn at random.
data::Dataset draw_per_class(const data::Dataset& dataset, std::int64_t count,
                             Generator& generator);

/// At the end of a task, offers its training samples to a memory: all, or `per_class` of each
/// class.
void offer_task(Reservoir& memory, const Task& task, std::optional<std::int64_t> per_class,
                std::uint64_t seed);

/// Mean cross entropy of replayed samples when the latest task has outputs `latest`: each sample's
/// is over its own active classes (continual::active_outputs).
Tensor replay_loss(const Tensor& logits, const Replay& samples, Scenario scenario,
                   const Outputs& latest);

}  // namespace engram::continual
