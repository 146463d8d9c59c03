#pragma once

#include <engram/autograd/random.h>
#include <engram/autograd/tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace engram::data {

/// Some samples, stacked: x (B, ...) and their targets y (B, ...).
struct Batch {
  Tensor x;
  Tensor y;
};

/// A pass over a data set: (seed, number) determines the random numbers of its samples.
struct Epoch {
  std::uint64_t seed = 0;
  std::uint64_t number = 0;
};

/// Samples with their targets, in memory. A Dataset is a handle: a copy, and everything derived
/// from one, shares the samples.
///
///     auto flat = data::Dataset(images, labels).pad(2).normalize(0.1307, 0.3081).flatten();
///     auto [x, y] = flat.batch(rows);
///
/// `batch` converts u8 samples to f32 in [0, 1], and returns others as stored. `pad`, `flatten`,
/// `permute_pixels` and `normalize` take no pass of their own: `batch` rearranges and converts
/// samples as it copies them. The padding is a 0 of the stored samples, converted like them.
/// Functions given to `map` are applied last.
class Dataset {
 public:
  /// x (N, ...) of any dtype; y (N, ...), for classification i64 of shape (N,). ShapeError when the
  /// numbers differ; DataError for samples without elements.
  Dataset(const Tensor& x, const Tensor& y);

  std::int64_t size() const { return (rows_.defined() ? rows_ : y_).size(0); }
  /// Shape of one sample, before the functions given to `map`.
  const Shape& sample_shape() const { return sample_; }
  /// The dtype of the stored samples: batches of u8 samples are f32.
  DType dtype() const { return dtype_; }

  /// The samples at these indices, in this order. Error when one is not in [0, size()).
  Batch batch(std::span<const std::int64_t> rows, const Epoch& epoch = {}) const;
  /// All samples, in order.
  Batch all(const Epoch& epoch = {}) const;
  /// The y of all samples, in order.
  Tensor targets(const Epoch& epoch = {}) const;

  /// The samples at these indices, in this order. Error when one is not in [0, size()).
  Dataset subset(std::span<const std::int64_t> rows) const;
  /// Samples from start up to stop. Error unless 0 <= start <= stop <= size().
  Dataset slice(std::int64_t start, std::int64_t stop) const;
  /// The first `count` samples, or all if there are fewer. Error for a negative count.
  Dataset take(std::int64_t count) const;

  /// Pads the last two axes with `margin` zeros on every side: 2 turns 28×28 into 32×32. Error for
  /// a negative margin; ShapeError when the samples have less than two axes, or would be too large.
  Dataset pad(std::int64_t margin) const;
  /// Each sample as a vector.
  Dataset flatten() const;
  /// Element i of a new sample is element permutation[i] of the old one, in row-major order over
  /// all axes. Error unless `permutation` is a permutation of the indices of a sample's elements.
  Dataset permute_pixels(std::span<const std::int64_t> permutation) const;
  /// (x - mean) / std, in the units of batches. DTypeError for i64 samples.
  Dataset normalize(double mean, double std) const;
  /// Replaces the samples by function(x), evaluated once, lazily, when samples are first read;
  /// copies share the result. x (N, ...) are all samples in order, as stored; the result has the
  /// same shape and dtype: ShapeError, DTypeError. The function is not recorded. A `normalize` from
  /// before applies to the result.
  Dataset transform(std::function<Tensor(const Tensor& x)> function) const;
  /// Applies a function to the x of every batch, after functions given before. The function returns
  /// as many samples as it gets: ShapeError. A prefetching Loader calls the function on its
  /// background thread; it is never recorded. `pad`, `flatten`, `permute_pixels`, `normalize` and
  /// `transform` must come before: Error.
  Dataset map(std::function<Tensor(const Tensor& x)> function) const;
  /// Applies a random function to the x of every sample, as a batch of one, (1, ...), with a
  /// generator of its own. Results have the same shape (1, ...) and dtype for all samples:
  /// ShapeError, DTypeError.
  ///
  ///     train.map([](const Tensor& x, Generator& random) {
  ///       return x + 0.1 * randn(x.shape(), f32, random);
  ///     })
  ///
  /// The generator's stream is a function of the epoch (seed and number), of the sample's index in
  /// the data set that the first random function was given to, and of the function's position among
  /// those of x. So it does not depend on the size or the order of batches, on threads, on other
  /// draws of random numbers, or on the part of that data set (`subset`, `slice`) that the sample
  /// is read from. Drawing from the default generator, in this or another function of a data set,
  /// is an Error.
  Dataset map(std::function<Tensor(const Tensor& x, Generator& random)> function) const;
  /// The same for the y of every batch, or of every sample; in any order with the other functions.
  Dataset map_targets(std::function<Tensor(const Tensor& y)> function) const;
  Dataset map_targets(std::function<Tensor(const Tensor& y, Generator& random)> function) const;
  /// Whether a function is random, so that `batch` depends on the epoch.
  bool is_random() const { return random_; }

 private:
  class Later;
  using OfBatch = std::function<Tensor(const Tensor&)>;
  using OfSample = std::function<Tensor(const Tensor&, Generator&)>;
  using Function = std::variant<OfBatch, OfSample>;

  const Tensor& samples() const;
  template <class X, class Value>
  Tensor pick(std::span<const std::int64_t> rows, const Value& value) const;
  Tensor stored_samples() const;
  Tensor stored_targets() const;
  void check_rows(const char* caller, std::span<const std::int64_t> rows) const;
  Tensor pick_targets(std::span<const std::int64_t> stored_rows) const;
  Tensor mapped(const char* caller, const std::vector<Function>& functions, Tensor x,
                std::span<const std::int64_t> rows, const Generator& epoch) const;
  void check_before_map(const char* caller) const;

  Tensor x_;  // undefined when `later_` holds the samples
  Tensor y_;
  DType dtype_;
  std::shared_ptr<Later> later_;
  Tensor rows_;    // i64: indices of its samples among the stored ones; undefined: all
  Shape sample_;   // of one sample, rearranged
  Tensor pixels_;  // i64: the stored element of each of a sample's, -1 for 0; undefined: the same
  double scale_ = 1;  // x·scale_ + shift_
  double shift_ = 0;
  std::vector<Function> functions_;         // of x
  std::vector<Function> target_functions_;  // of y
  bool random_ = false;                     // whether one of them is random
  Tensor ids_;  // i64: index of each sample where the first random one came; undefined: 0, 1, …
};

}  // namespace engram::data
