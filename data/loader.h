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
  /// Of the order in which samples come when they are shuffled; by default drawn from the default
  /// generator when the Loader is made, so that `manual_seed` governs it.
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
/// completely. What the data set throws arrives in the loop, whichever thread it happened on.
class Loader {
 public:
  /// Error when `batch` is below 1, or `iterations` below 0.
  explicit Loader(Dataset dataset, const LoaderOptions& options = {});

  /// How many batches a pass has. None when an epoch has none.
  std::int64_t size() const;

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
  std::uint64_t epoch_ = 0;  // the next
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
  Iterator& operator++();  ///< Error at the end
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return pass_ == nullptr; }

 private:
  friend class Loader;
  explicit Iterator(std::unique_ptr<Pass> pass);

  std::unique_ptr<Pass> pass_;  // null at the end
  Batch batch_;
};

}  // namespace engram::data
