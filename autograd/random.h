#pragma once

#include <engram/autograd/hash.h>
#include <engram/autograd/tensor.h>

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace engram {

/// Random bits as a function of (seed, stream, index) alone, the same on every platform.
/// Philox4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
struct RandomStream {
  using Block = std::array<std::uint32_t, 4>;  // 128 random bits

  constexpr RandomStream(std::uint64_t seed_ = 0, std::uint64_t stream_ = 0)
      : seed(seed_), stream(stream_) {}
  /// A named stream, numbered by the hash of the name, so that one seed serves several purposes
  /// with independent numbers. The name is the consumer's, such as "Loader".
  constexpr RandomStream(std::uint64_t seed_, std::string_view name)
      : RandomStream(seed_, fnv1a(name)) {}

  std::uint64_t seed, stream;

  Block block(std::uint64_t index) const;
  /// An independent stream for every index: block `index` of this one is its seed and number.
  RandomStream substream(std::uint64_t index) const;
};

/// A position in a random stream; the numbers are the same on every platform and for every number
/// of threads. Thread-safe, `reset` and the other setters included: each draw is of one stream, and
/// no block is taken twice; which thread takes which block depends on the race.
class Generator {
 public:
  explicit constexpr Generator(const RandomStream& stream = {}) : stream_(stream) {}
  constexpr Generator(std::uint64_t seed, std::uint64_t stream) : stream_(seed, stream) {}
  constexpr Generator(std::uint64_t seed, std::string_view stream) : stream_(seed, stream) {}

  using Block = RandomStream::Block;

  /// Consecutive blocks taken from a stream, indexed from 0.
  struct Blocks {
    RandomStream stream;
    std::uint64_t first;
    Block operator[](std::uint64_t index) const { return stream.block(first + index); }
  };

  Block block(std::uint64_t index) const;  ///< block `index` of the stream; the position stays
  Blocks take(std::uint64_t count);

  double uniform();                    ///< in [0, 1), with 53 random bits
  std::int64_t below(std::int64_t n);  ///< in [0, n), every value equally likely. Error if n < 1.

  /// A generator at the beginning of substream `index`. Several indices are chained:
  /// `random.substream(epoch).substream(row)`. Draws from this generator itself are not
  /// independent of its substreams.
  Generator substream(std::uint64_t index) const;

  std::uint64_t seed() const;
  std::uint64_t stream() const;
  /// The number of blocks taken; setting the position resumes a stream.
  std::uint64_t position() const;
  void set_position(std::uint64_t blocks);

  /// Starts another stream from its beginning.
  void reset(const RandomStream& stream);

  /// Seed, stream and position, to be saved: i64 (3,). A copy.
  Tensor state() const;
  /// Resumes from a saved state, bit for bit. DTypeError or ShapeError for any other tensor.
  void set_state(const Tensor& state);

 private:
  void set(const RandomStream& stream, std::uint64_t position);

  friend struct WholeAfterFork;
  mutable std::mutex mutex_;
  RandomStream stream_;
  std::uint64_t position_ = 0;
};

/// The generator of random functions that are given none; one for all threads, unless a
/// DefaultGenerator lives on this thread. A program that is to resume exactly saves its state:
///
///     save({{"random", default_generator().state()}}, "random.safetensors");
///     default_generator().set_state(load("random.safetensors")["random"]);
Generator& default_generator();
/// Restarts the default generator with this seed.
void manual_seed(std::uint64_t seed);

/// Replaces the default generator of this thread while it lives.
class DefaultGenerator {
 public:
  explicit DefaultGenerator(Generator& generator);
  /// No default generator: drawing from it, or setting it, is an Error with this text.
  explicit DefaultGenerator(const char* refusal);
  ~DefaultGenerator();
  DefaultGenerator(const DefaultGenerator&) = delete;
  DefaultGenerator& operator=(const DefaultGenerator&) = delete;

 private:
  Generator* outer_;
  const char* outer_refusal_;
};

/// Uniform in [0, 1), standard normal, and integers uniform in [low, high). f32 or f64, and i64.
Tensor rand(const Shape& shape, DType dtype = f32, Generator& generator = default_generator());
Tensor randn(const Shape& shape, DType dtype = f32, Generator& generator = default_generator());
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
               Generator& generator = default_generator());
/// 0, 1, ..., n - 1 in random order, as i64.
Tensor randperm(std::int64_t n, Generator& generator = default_generator());

}  // namespace engram
