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

/// A pass over a data set, which names what is random in its samples.
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
/// Rows are picked out of it as f32 in [0, 1] when the samples are u8, and as they are when not.
/// `pad`, `flatten`, `permute_pixels` and `normalize` cost no pass of their own: the samples are
/// rearranged and converted while they are picked, the padding, which is a 0 of the stored samples,
/// included. Functions given to `map` come after that.
class Dataset {
 public:
  /// x (N, ...) of any dtype; y (N, ...), for classification i64 of shape (N,). ShapeError when the
  /// numbers differ; DataError for samples without elements.
  Dataset(const Tensor& x, const Tensor& y);

  std::int64_t size() const { return (rows_.defined() ? rows_ : y_).size(0); }
  /// Shape of one sample, as far as it is known: before the functions given to `map`.
  const Shape& sample_shape() const { return sample_; }
  /// Of the samples as they are stored: batches of u8 samples are f32.
  DType dtype() const { return dtype_; }

  /// The samples of these numbers, in this order. Error when one is not in [0, size()).
  Batch batch(std::span<const std::int64_t> rows, const Epoch& epoch = {}) const;
  /// All samples, in order.
  Batch all(const Epoch& epoch = {}) const;
  /// The y of all samples, in order.
  Tensor targets(const Epoch& epoch = {}) const;

  /// The samples of these numbers, in this order. Error when one is not in [0, size()).
  Dataset subset(std::span<const std::int64_t> rows) const;
  /// Samples from start up to stop. Error unless 0 <= start <= stop <= size().
  Dataset slice(std::int64_t start, std::int64_t stop) const;
  /// The first samples, at most `count`. Error when it is negative.
  Dataset take(std::int64_t count) const;

  /// Zeros around the last two axes, `margin` on every side: 28×28 becomes 32×32 with 2.
  /// Error for a negative margin; ShapeError when the samples have less than two axes, or would be
  /// too large.
  Dataset pad(std::int64_t margin) const;
  /// A sample becomes a vector.
  Dataset flatten() const;
  /// Element i of a sample becomes element permutation[i], in row-major order over all its axes.
  /// Error unless it is a permutation of as many numbers as a sample has elements.
  Dataset permute_pixels(std::span<const std::int64_t> permutation) const;
  /// (x - mean) / std, in the units that batches have. DTypeError for i64 samples.
  Dataset normalize(double mean, double std) const;
  /// Other samples in the place of these, made from all of them at once and kept. The function gets
  /// x (N, ...) in order, as it is stored, and returns one of the same shape and dtype: ShapeError,
  /// DTypeError. It is called once, when samples are first asked for; all copies of the result
  /// share what it returned. No tape records it. What `normalize` did comes after it, as before.
  Dataset transform(std::function<Tensor(const Tensor& x)> function) const;
  /// Applies a function to the x of every batch, after those that were given before. It returns as
  /// many samples as it gets: ShapeError. A prefetching Loader calls it on its background thread;
  /// no tape records it, here or there. `pad`, `flatten`, `permute_pixels`, `normalize` and
  /// `transform` must come before: Error.
  Dataset map(std::function<Tensor(const Tensor& x)> function) const;
  /// Applies a random function to the x of every sample: to a batch of one, (1, ...), with a
  /// generator of its own. It returns one sample, of one shape and dtype for all: ShapeError,
  /// DTypeError.
  ///
  ///     train.map([](const Tensor& x, Generator& random) {
  ///       return x + 0.1 * randn(x.shape(), f32, random);
  ///     })
  ///
  /// What the generator gives is a function of the epoch (its seed and number), of the number of
  /// the sample in the data set that the first random function was given to, and of the place of
  /// the function among those of x. So it does not depend on the size of batches, on their order,
  /// on threads, on what else draws random numbers, or on which part of that data set (`subset`,
  /// `slice`) the sample is read from. To draw from the default generator, in this or another
  /// function of a data set, is an Error.
  Dataset map(std::function<Tensor(const Tensor& x, Generator& random)> function) const;
  /// The same for the y of every batch, and of every sample, at any time.
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

  Tensor x_;  // undefined when they come later
  Tensor y_;
  DType dtype_;
  std::shared_ptr<Later> later_;
  Tensor rows_;    // i64: which of the stored samples belong to it; undefined for all
  Shape sample_;   // of one sample, rearranged
  Tensor pixels_;  // i64: which stored element each of a sample's is, -1 a zero; undefined for all
  double scale_ = 1;  // of the values
  double shift_ = 0;
  std::vector<Function> functions_;         // of x
  std::vector<Function> target_functions_;  // of y
  bool random_ = false;                     // whether one of them is of samples
  Tensor ids_;  // i64: the number of each sample where the first of those came; undefined: its own
};

}  // namespace engram::data
