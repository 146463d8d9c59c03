#pragma once

#include <engram/data/dataset.h>

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>

namespace engram::data {

struct LoaderOptions {
  std::int64_t batch = 1;
  bool shuffle = false;
  /// Of the order in which samples come when they are shuffled, and of what the data set's `map`
  /// draws; by default drawn from the default generator when the Loader is made, if either needs
  /// it, so that `manual_seed` governs it.
  std::optional<std::uint64_t> seed = {};
  bool drop_last = false;  ///< leave out the last batch of an epoch when it is not full
  /// How many batches a pass has, instead of one epoch; epochs, each with its own order, follow one
  /// another as long as needed.
  std::optional<std::int64_t> iterations = {};
  bool prefetch = true;  ///< a background thread prepares the next batch
};

/// Goes through a data set in batches.
///
///     data::Loader loader(train, {.batch = 128, .shuffle = true});
///     for (int epoch = 0; epoch < 5; ++epoch) {
///       for (auto [x, y] : loader) { ... }
///     }
///
/// Every pass is a new epoch with an order of its own, which (seed, number of the epoch) name
/// completely, and so they name what is random in the samples. What the data set throws arrives in
/// the loop, whichever thread it happened on, and ends the pass. Passes may begin on several
/// threads at once; each is an epoch of its own.
class Loader {
 public:
  /// Error when `batch` is below 1, or `iterations` below 0.
  explicit Loader(Dataset dataset, const LoaderOptions& options = {});

  /// How many batches a pass has. None when an epoch has none.
  std::int64_t size() const;

  /// The next pass goes on where this many batches have been taken, of all passes together: a run
  /// that was broken off, in the middle of a pass too, continues with the batches that it would
  /// have had. The seed must be given or be the same again. Not while another thread begins a pass.
  /// Error for a number below 0, and above 0 when a pass has no batches.
  ///
  ///     loader.resume_after(adam.steps());
  ///     for (std::int64_t epoch = adam.steps() / loader.size(); epoch < 5; ++epoch) { ... }
  void resume_after(std::int64_t batches);

  class Iterator;
  Iterator begin();
  std::default_sentinel_t end() const { return {}; }

 private:
  class Epochs;
  class Pass;

  std::int64_t batches_per_epoch() const;

  Dataset dataset_;
  LoaderOptions options_;
  std::uint64_t seed_ = 0;
  std::uint64_t passes_ = 0;          // that have begun
  std::uint64_t resumed_pass_ = 0;    // this one begins
  std::int64_t resumed_batches_ = 0;  // after so many batches
};

/// A running pass; to leave the loop early ends it.
class Loader::Iterator {
 public:
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;

  Iterator(Iterator&&) noexcept;
  Iterator& operator=(Iterator&&) noexcept;
  ~Iterator();

  const Batch& operator*() const { return batch_; }
  const Batch* operator->() const { return &batch_; }
  Iterator& operator++();  ///< Error at the end, where it also is after an exception
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return pass_ == nullptr; }

 private:
  friend class Loader;
  explicit Iterator(std::unique_ptr<Pass> pass);

  std::unique_ptr<Pass> pass_;  // null at the end
  Batch batch_;
};

}  // namespace engram::data
