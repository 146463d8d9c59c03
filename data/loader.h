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
  /// The seed of the order when shuffled, and of random functions given to `map`; by default drawn
  /// from the default generator when the Loader is made, if either needs a seed, so that
  /// `manual_seed` determines it.
  std::optional<std::uint64_t> seed = {};
  bool drop_last = false;  ///< leave out the last batch of an epoch when it is not full
  /// The number of batches of a pass, in place of one epoch's. Such a pass goes through as many
  /// epochs as needed, each with its own order.
  std::optional<std::int64_t> iterations = {};
  bool prefetch = true;  ///< a background thread prepares the next batch
};

/// Iterates over a data set in batches.
///
///     data::Loader loader(train, {.batch = 128, .shuffle = true});
///     for (int epoch = 0; epoch < 5; ++epoch) {
///       for (auto [x, y] : loader) { ... }
///     }
///
/// Every pass is a new epoch, whose order and random functions are determined by (seed, number of
/// the epoch). An exception from the data set is rethrown in the loop, whichever thread threw it,
/// and ends the pass. Passes may begin on several threads at once; each is an epoch of its own.
class Loader {
 public:
  /// Error when `batch` is below 1, or `iterations` below 0.
  explicit Loader(Dataset dataset, const LoaderOptions& options = {});

  /// The number of batches of a pass; 0 when an epoch has none.
  std::int64_t size() const;

  /// The next pass begins after this many batches, counted over all passes: an interrupted run
  /// continues, in the middle of a pass too, with the batches that would have followed. The seed
  /// must be given, or be the same again. No other thread may begin a pass meanwhile. Error for a
  /// number below 0, and above 0 when a pass has no batches.
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
  std::uint64_t passes_ = 0;          // begun so far
  std::uint64_t resumed_pass_ = 0;    // the pass to resume
  std::int64_t resumed_batches_ = 0;  // its batches to skip
};

/// A running pass; its destruction ends the pass early.
class Loader::Iterator {
 public:
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;

  Iterator(Iterator&&) noexcept;
  Iterator& operator=(Iterator&&) noexcept;
  ~Iterator();

  const Batch& operator*() const { return batch_; }
  const Batch* operator->() const { return &batch_; }
  Iterator& operator++();  ///< Error at the end, which an exception also leads to
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return pass_ == nullptr; }

 private:
  friend class Loader;
  explicit Iterator(std::unique_ptr<Pass> pass);

  std::unique_ptr<Pass> pass_;  // null at the end
  Batch batch_;
};

}  // namespace engram::data
