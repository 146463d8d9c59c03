#include <engram/autograd/create.h>
#include <engram/autograd/hold_over_forks.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/random.h>

#include <cmath>
#include <numbers>
#include <utility>

namespace engram {
namespace {

constexpr std::uint32_t low_half(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr std::uint32_t high_half(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }
constexpr std::uint64_t joined(std::uint32_t high, std::uint32_t low) {
  return std::uint64_t{high} << 32 | low;
}

/// Uniform in [0, 1) with as many random bits as T holds.
template <class T>
T unit(std::uint32_t high, std::uint32_t low) {
  if constexpr (sizeof(T) == sizeof(float))
    return static_cast<float>(high >> 8) * 0x1p-24f;
  else
    return static_cast<double>((std::uint64_t{high} << 21) ^ (low >> 11)) * 0x1p-53;
}

constexpr std::int64_t grain = 1024;  // blocks worth waking a thread for

/// Uniform in [0, range), range > 0.
std::uint64_t below_range(Generator& generator, std::uint64_t range) {
  // Rejecting the incomplete last run of values keeps every value equally likely.
  const std::uint64_t limit = ~std::uint64_t{0} - (~std::uint64_t{0} % range + 1) % range;
  for (;;) {
    const Generator::Block bits = generator.take(1)[0];
    const std::uint64_t value = joined(bits[0], bits[1]);
    if (value <= limit) return value % range;
  }
}

/// Fills x with pairs from f(u, v), where u and v are uniform in [0, 1): one pair a block.
template <class T, class F>
void fill_pairs(const Tensor& x, Generator& generator, F f) {
  const std::int64_t n = x.numel();
  const std::int64_t pairs = (n + 1) / 2;
  const Generator::Blocks blocks = generator.take(static_cast<std::uint64_t>(pairs));
  T* values = x.data<T>().data();
  kernels::parallel_for(pairs, grain, [&, values](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Generator::Block bits = blocks[static_cast<std::uint64_t>(i)];
      const std::pair<T, T> pair = f(unit<T>(bits[0], bits[1]), unit<T>(bits[2], bits[3]));
      values[2 * i] = pair.first;
      if (2 * i + 1 < n) values[2 * i + 1] = pair.second;
    }
  });
}

// Neither is ever destroyed: code that runs at a thread's or the program's end may draw.
constinit Generator shared_generator;
constinit Generator refusing_generator;

constinit thread_local Generator* default_of_thread = &shared_generator;
constinit thread_local const char* refusal_of_thread = nullptr;  // the refusing one's Error text

void check_gives_numbers(const Generator& generator) {
  check(&generator != &refusing_generator, "{}",
        refusal_of_thread ? refusal_of_thread
                          : "Generator: the default generator inside of a function of a data set "
                            "was kept beyond it");
}

}  // namespace

RandomStream::Block RandomStream::block(std::uint64_t index) const {
  Block x = {low_half(index), high_half(index), low_half(stream), high_half(stream)};
  std::uint32_t key0 = low_half(seed), key1 = high_half(seed);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * x[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * x[2];
    x = {high_half(b) ^ x[1] ^ key0, low_half(b), high_half(a) ^ x[3] ^ key1, low_half(a)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return x;
}

RandomStream RandomStream::substream(std::uint64_t index) const {
  const Block bits = block(index);
  return {joined(bits[0], bits[1]), joined(bits[2], bits[3])};
}

Generator::Block Generator::block(std::uint64_t index) const {
  const std::lock_guard lock(mutex_);
  return stream_.block(index);
}

Generator::Blocks Generator::take(std::uint64_t count) {
  check_gives_numbers(*this);
  const std::lock_guard lock(mutex_);
  return {stream_, std::exchange(position_, position_ + count)};
}

Generator Generator::substream(std::uint64_t index) const {
  const std::lock_guard lock(mutex_);
  return Generator(stream_.substream(index));
}

double Generator::uniform() {
  const Block bits = take(1)[0];
  return unit<double>(bits[0], bits[1]);
}

std::int64_t Generator::below(std::int64_t n) {
  check(n >= 1, "Generator::below: needs at least 1, got {}", n);
  return static_cast<std::int64_t>(below_range(*this, static_cast<std::uint64_t>(n)));
}

std::uint64_t Generator::seed() const {
  const std::lock_guard lock(mutex_);
  return stream_.seed;
}

std::uint64_t Generator::stream() const {
  const std::lock_guard lock(mutex_);
  return stream_.stream;
}

std::uint64_t Generator::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

void Generator::set_position(std::uint64_t blocks) {
  check_gives_numbers(*this);
  const std::lock_guard lock(mutex_);
  position_ = blocks;
}

void Generator::set(const RandomStream& stream, std::uint64_t position) {
  check_gives_numbers(*this);
  const std::lock_guard lock(mutex_);
  stream_ = stream;
  position_ = position;
}

void Generator::reset(const RandomStream& stream) { set(stream, 0); }

Tensor Generator::state() const {
  Tensor state({3}, i64);
  const auto values = state.data<std::int64_t>();
  const std::lock_guard lock(mutex_);
  values[0] = static_cast<std::int64_t>(stream_.seed);
  values[1] = static_cast<std::int64_t>(stream_.stream);
  values[2] = static_cast<std::int64_t>(position_);
  return state;
}

void Generator::set_state(const Tensor& state) {
  check_dtype(state.dtype() == i64, "Generator::set_state: a state is i64, got {}", state.dtype());
  check_shape(state.shape() == Shape{3}, "Generator::set_state: a state is (3,), got {}",
              state.shape());
  const auto values = state.data<std::int64_t>();
  set({static_cast<std::uint64_t>(values[0]), static_cast<std::uint64_t>(values[1])},
      static_cast<std::uint64_t>(values[2]));
}

/// Other threads may draw from the shared generator during a fork.
struct WholeAfterFork {
  WholeAfterFork() {
    hold_over_forks([]() -> std::mutex& { return shared_generator.mutex_; });
  }
};
static const WholeAfterFork whole_after_fork;

Generator& default_generator() { return *default_of_thread; }

DefaultGenerator::DefaultGenerator(Generator& generator)
    : outer_(std::exchange(default_of_thread, &generator)), outer_refusal_(refusal_of_thread) {}

DefaultGenerator::DefaultGenerator(const char* refusal)
    : outer_(std::exchange(default_of_thread, &refusing_generator)),
      outer_refusal_(std::exchange(refusal_of_thread, refusal)) {}

DefaultGenerator::~DefaultGenerator() {
  default_of_thread = outer_;
  refusal_of_thread = outer_refusal_;
}

void manual_seed(std::uint64_t seed) { default_generator().reset(seed); }

Tensor rand(const Shape& shape, DType dtype, Generator& generator) {
  return dispatch_floating("rand", dtype, [&]<class T>() {
    Tensor x(shape, dtype);
    fill_pairs<T>(x, generator, [](T u, T v) { return std::pair(u, v); });
    return x;
  });
}

Tensor randn(const Shape& shape, DType dtype, Generator& generator) {
  return dispatch_floating("randn", dtype, [&]<class T>() {
    Tensor x(shape, dtype);
    // Box and Muller's transform; 1 - u is never 0.
    fill_pairs<T>(x, generator, [](T u, T v) {
      const T radius = std::sqrt(T{-2} * std::log(T{1} - u));
      const T angle = 2 * std::numbers::pi_v<T> * v;
      return std::pair(radius * std::cos(angle), radius * std::sin(angle));
    });
    return x;
  });
}

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, Generator& generator) {
  check(low < high, "randint: no integers in [{}, {})", low, high);
  Tensor x(shape, i64);
  // Unsigned, because high - low need not fit into an i64.
  const auto first = static_cast<std::uint64_t>(low);
  const std::uint64_t range = static_cast<std::uint64_t>(high) - first;
  for (std::int64_t& each : x.data<std::int64_t>()) {
    each = static_cast<std::int64_t>(first + below_range(generator, range));
  }
  return x;
}

Tensor randperm(std::int64_t n, Generator& generator) {
  Tensor x = arange(n);
  const auto values = x.data<std::int64_t>();
  for (std::int64_t i = n - 1; i > 0; --i) {
    std::swap(values[static_cast<std::size_t>(i)],
              values[static_cast<std::size_t>(generator.below(i + 1))]);
  }
  return x;
}

}  // namespace engram
