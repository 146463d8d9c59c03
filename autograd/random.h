#pragma once

#include <engram/autograd/tensor.h>

#include <array>
#include <atomic>
#include <cstdint>

namespace engram {

/// A stream of random numbers that a seed and a stream number name completely, the same on every
/// platform and for every number of threads: block i of the stream is a function of (seed,
/// stream, i) alone. Philox4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
/// SC 2011. May be shared between threads; then which of them gets which numbers depends on the
/// race.
class Generator {
 public:
  explicit Generator(std::uint64_t seed = 0, std::uint64_t stream = 0)
      : seed_(seed), stream_(stream) {}

  using Block = std::array<std::uint32_t, 4>;  // 128 random bits

  Block block(std::uint64_t index) const;  ///< block `index` of the stream; takes nothing from it

  /// Takes `count` blocks from the stream; returns the index of the first.
  std::uint64_t take(std::uint64_t count) { return position_.fetch_add(count); }

  double uniform();                    ///< in [0, 1), with 53 random bits
  std::int64_t below(std::int64_t n);  ///< in [0, n), every value equally likely. Error if n < 1.

  std::uint64_t seed() const { return seed_; }
  std::uint64_t stream() const { return stream_; }
  /// How many blocks have been taken; setting it resumes a stream where it was left.
  std::uint64_t position() const { return position_.load(); }
  void set_position(std::uint64_t blocks) { position_.store(blocks); }

  /// Starts another stream from its beginning.
  void reset(std::uint64_t seed, std::uint64_t stream = 0);

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::atomic<std::uint64_t> position_{0};
};

/// Where the streams of each purpose begin, so that one seed that serves several of them gives each
/// unrelated numbers. Those below 2³² are free for programs; the default generator has 0.
namespace streams {
inline constexpr std::uint64_t epoch_orders = std::uint64_t{1} << 32;     // + the epoch
inline constexpr std::uint64_t permutations = std::uint64_t{2} << 32;     // + the task
inline constexpr std::uint64_t fisher = std::uint64_t{3} << 32;           // + FisherOptions::stream
inline constexpr std::uint64_t reservoir = std::uint64_t{4} << 32;        // + the task
inline constexpr std::uint64_t replay = std::uint64_t{5} << 32;           // + the task
inline constexpr std::uint64_t representations = std::uint64_t{7} << 32;  // + the task
inline constexpr std::uint64_t rotations = std::uint64_t{8} << 32;        // + the task
inline constexpr std::uint64_t class_orders = std::uint64_t{9} << 32;
inline constexpr std::uint64_t handwritings = std::uint64_t{10} << 32;  // + 3 for each customer
inline constexpr std::uint64_t output_norms = std::uint64_t{11} << 32;  // + the task
}  // namespace streams

/// The generator that random functions use when none is given.
Generator& default_generator();
/// Starts the default generator's stream of this seed.
void manual_seed(std::uint64_t seed);

/// Uniform in [0, 1), standard normal, and integers uniform in [low, high). f32 or f64, and i64.
Tensor rand(const Shape& shape, DType dtype = f32, Generator& generator = default_generator());
Tensor randn(const Shape& shape, DType dtype = f32, Generator& generator = default_generator());
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
               Generator& generator = default_generator());
/// 0, 1, ..., n - 1 in random order, as i64.
Tensor randperm(std::int64_t n, Generator& generator = default_generator());

}  // namespace engram
