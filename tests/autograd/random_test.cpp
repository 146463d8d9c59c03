#include "forked_child.h"
#include "values.h"

#include <engram/autograd/create.h>
#include <engram/autograd/random.h>
#include <engram/autograd/threads.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <thread>
#include <vector>

using namespace engram;

namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

/// Pearson's statistic for counts that should be equal.
double chi_squared(const std::vector<int>& counts) {
  double total = 0;
  for (int count : counts) total += count;
  const double expected = total / static_cast<double>(counts.size());
  double statistic = 0;
  for (int count : counts) statistic += (count - expected) * (count - expected) / expected;
  return statistic;
}

/// The mean of x^power.
double moment(const Values& x, int power) {
  double total = 0;
  for (double each : x) total += std::pow(each, power);
  return total / static_cast<double>(x.size());
}

}  // namespace

TEST_CASE("Philox gives the known answers of the Random123 distribution") {
  using Block = Generator::Block;
  CHECK(Generator(0, 0).block(0) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  CHECK(Generator(ones, ones).block(ones) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  // The digits of π as counter and key.
  CHECK(Generator(0x299f31d0a4093822, 0x0370734413198a2e).block(0x85a308d3243f6a88) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a generator can be resumed and started again") {
  Generator a(5);
  const double first = a.uniform();
  const std::uint64_t position = a.position();
  const double second = a.uniform();
  CHECK(first != second);
  a.set_position(position);
  CHECK(a.uniform() == second);
  a.reset(5);
  CHECK(a.uniform() == first);

  Generator other_seed(6), other_stream(5, 1);
  CHECK(other_seed.uniform() != first);
  CHECK(other_stream.uniform() != first);
}

TEST_CASE("the state of a generator goes on where it was saved") {
  Generator a(~std::uint64_t{0}, 3);
  a.uniform();
  const Tensor state = a.state();
  const double next = a.uniform();
  Generator b;
  b.set_state(state);
  CHECK(b.uniform() == next);
  CHECK(b.seed() == ~std::uint64_t{0});
  CHECK(b.stream() == 3);
  CHECK(b.position() == 2);
  CHECK_THROWS_WITH_AS(b.set_state(zeros({3})), "Generator::set_state: a state is i64, got f32",
                       DTypeError);
  CHECK_THROWS_WITH_AS(b.set_state(zeros({2}, i64)),
                       "Generator::set_state: a state is (3,), got (2,)", ShapeError);
}

TEST_CASE("fnv1a: the values of RFC 9923") {
  CHECK(fnv1a("") == 0xcbf29ce484222325);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8c);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8);
  CHECK(fnv1a("bar", fnv1a("foo")) == fnv1a("foobar"));
}

TEST_CASE("a stream is named by a string or a number, and starts anew by reset") {
  Generator named(3, "order"), numbered(3, fnv1a("order")), other(3, "memory");
  const double first = named.uniform();
  CHECK(numbered.uniform() == first);
  CHECK(other.uniform() != first);
  named.reset(RandomStream(3, "order"));
  CHECK(named.uniform() == first);
  named.reset(RandomStream(3, "order").substream(2));
  CHECK(named.uniform() == Generator(3, "order").substream(2).uniform());
}

TEST_CASE("substreams are generators of their own, the same whatever was drawn before") {
  Generator parent(3, 4);
  std::set<double> drawn;
  for (std::uint64_t i = 0; i < 50; ++i) {
    for (std::uint64_t k = 0; k < 50; ++k) drawn.insert(parent.substream(i).substream(k).uniform());
  }
  CHECK(drawn.size() == 2500);
  const double first = parent.substream(7).uniform();
  parent.uniform();
  CHECK(parent.substream(7).uniform() == first);
  CHECK(Generator(3, 5).substream(7).uniform() != first);
  CHECK(Generator(4, 4).substream(7).uniform() != first);
}

TEST_CASE("the default generator of a thread can be another one, or none") {
  manual_seed(1);
  Generator other(2);
  {
    const DefaultGenerator scope(other);
    rand({4});
    std::thread([] { CHECK(default_generator().seed() == 1); }).join();
    const DefaultGenerator none("no numbers here");
    CHECK_THROWS_WITH_AS(rand({4}), "no numbers here", Error);
    CHECK_THROWS_WITH_AS(randperm(4), "no numbers here", Error);
    CHECK_THROWS_WITH_AS(manual_seed(4), "no numbers here", Error);
    CHECK_THROWS_WITH_AS(default_generator().set_position(0), "no numbers here", Error);
    CHECK(rand({4}, f32, other).numel() == 4);
  }
  CHECK(other.position() == 4);
  CHECK(default_generator().seed() == 1);
  CHECK(default_generator().position() == 0);
}

TEST_CASE("manual_seed beside threads that draw: every draw is of one stream") {
  manual_seed(10);
  std::vector<Values> expected;
  for (std::uint64_t seed = 10; seed < 12; ++seed) {
    Generator generator(seed);
    const Values all = values(rand({200'000}, f64, generator));
    expected.push_back(all);
  }
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0, drawn = 0;
  {
    std::vector<std::jthread> team;
    for (int thread = 0; thread < 3; ++thread) {
      team.emplace_back([&] {
        while (!stop) {
          const Values x = values(rand({8}, f64));
          // At some block of one of the two streams.
          bool found = false;
          for (const Values& stream : expected) {
            for (std::size_t at = 0; at + 8 <= stream.size() && !found; at += 2) {
              found = std::equal(x.begin(), x.end(), stream.begin() + static_cast<long>(at));
            }
          }
          torn += !found;
          ++drawn;
        }
      });
    }
    for (int round = 0; round < 400 || drawn < 50; ++round) {
      manual_seed(10 + static_cast<std::uint64_t>(round % 2));
      std::this_thread::yield();
    }
    stop = true;
  }
  CHECK(torn == 0);
}

TEST_CASE("threads that share a generator never take the same numbers") {
  Generator shared(12);
  std::vector<std::vector<double>> drawn(4);
  {
    std::vector<std::jthread> team;
    for (auto& mine : drawn) {
      team.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) mine.push_back(shared.uniform());
      });
    }
  }
  std::set<double> all;
  for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
  CHECK(all.size() == 8000);
  CHECK(shared.position() == 8000);
}

TEST_CASE("manual_seed starts the default generator's stream") {
  manual_seed(3);
  const Values a = values(rand({4}));
  const Values b = values(rand({4}));
  manual_seed(3);
  CHECK(values(rand({4})) == a);
  CHECK(a != b);
  Generator same(3);
  CHECK(values(rand({4}, f32, same)) == a);
}

TEST_CASE("rand is uniform in [0, 1)") {
  for (DType dtype : {f32, f64}) {
    Generator generator(1);
    const Values x = values(rand({100'000}, dtype, generator));
    std::vector<int> counts(16);
    for (double each : x) ++counts.at(static_cast<std::size_t>(each * 16));
    CHECK(std::ranges::min(x) >= 0);
    CHECK(std::ranges::max(x) < 1);
    CHECK(chi_squared(counts) < 37.7);  // 99.9 % quantile for 15 degrees of freedom
  }
}

TEST_CASE("randn has the moments of a standard normal") {
  for (DType dtype : {f32, f64}) {
    Generator generator(2);
    const Values x = values(randn({200'000}, dtype, generator));
    // Four standard deviations of each sample moment: √(E x²ᵏ − (E xᵏ)²) / √n.
    CHECK(std::abs(moment(x, 1)) < 4 * std::sqrt(1 / 2e5));
    CHECK(std::abs(moment(x, 2) - 1) < 4 * std::sqrt(2 / 2e5));
    CHECK(std::abs(moment(x, 3)) < 4 * std::sqrt(15 / 2e5));
    CHECK(std::abs(moment(x, 4) - 3) < 4 * std::sqrt(96 / 2e5));
    CHECK(std::ranges::max(x) > 4);
    CHECK(std::ranges::max(x) < 7);
  }
}

TEST_CASE("the two numbers of a pair in randn do not go together") {
  Generator generator(3);
  const Values x = values(randn({100'000}, f64, generator));
  double product = 0;
  for (std::size_t i = 0; i < x.size(); i += 2) product += x[i] * x[i + 1];
  CHECK(std::abs(product / 5e4) < 4 * std::sqrt(1 / 5e4));
}

TEST_CASE("the default generator gives numbers in a child that is forked while others draw") {
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done) default_generator().take(1);
  });
  for (int i = 0; i < 100; ++i) {
    CHECK(in_forked_child([] {
      default_generator().take(1);
      return true;
    }));
  }
  done = true;
  other.join();
}

TEST_CASE("any number of threads draws the same numbers") {
  const int before = num_threads();
  const auto draw = [](int threads) {
    set_num_threads(threads);
    Generator generator(4);
    std::vector<Values> drawn = {values(rand({10'001}, f32, generator)),
                                 values(randn({10'001}, f64, generator))};
    return drawn;
  };
  const auto one = draw(1), two = draw(2);
  set_num_threads(before);
  CHECK(one == two);
}

TEST_CASE("an odd count leaves half a block unused") {
  Generator odd(5), even(5);
  Values five = values(rand({5}, f64, odd));
  const Values six = values(rand({6}, f64, even));
  CHECK(odd.position() == 3);
  CHECK(even.position() == 3);
  five.push_back(six.back());
  CHECK(five == six);
  CHECK(rand({0}, f32, odd).numel() == 0);
  CHECK(randn({1}, f32, odd).numel() == 1);
  CHECK(odd.position() == 4);
}

TEST_CASE("rand and randn need a floating dtype") {
  CHECK_THROWS_WITH_AS(rand({1}, i64), "rand: needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(randn({1}, u8), "randn: needs f32 or f64, got u8", DTypeError);
}

TEST_CASE("below is equally likely to be any value") {
  Generator generator(6);
  std::vector<int> counts(6);
  for (int i = 0; i < 60'000; ++i) ++counts.at(static_cast<std::size_t>(generator.below(6)));
  CHECK(chi_squared(counts) < 20.5);  // 99.9 % quantile for 5 degrees of freedom
  CHECK(generator.below(1) == 0);

  // Without rejection, 64 random bits modulo this range would hit its last third too rarely.
  constexpr std::int64_t range = 3 * (std::int64_t{1} << 61);
  std::vector<int> thirds(3);
  for (int i = 0; i < 30'000; ++i) {
    ++thirds.at(static_cast<std::size_t>(generator.below(range) / (range / 3)));
  }
  CHECK(chi_squared(thirds) < 13.8);  // 99.9 % quantile for 2 degrees of freedom

  CHECK_THROWS_WITH_AS(generator.below(0), "Generator::below: needs at least 1, got 0", Error);
}

TEST_CASE("randint draws from [low, high)") {
  Generator generator(7);
  const Tensor x = randint(-2, 3, {1000}, generator);
  CHECK(x.dtype() == i64);
  const Values drawn = values(x);
  CHECK(std::set<double>(drawn.begin(), drawn.end()) == std::set<double>{-2, -1, 0, 1, 2});
  CHECK(randint(0, 1, {0}, generator).shape() == Shape{0});
  CHECK_THROWS_WITH_AS(randint(3, 3, {1}, generator), "randint: no integers in [3, 3)", Error);
}

TEST_CASE("randint near the limits of i64") {
  Generator generator(8);
  const Tensor top = randint(highest - 1, highest, {3}, generator);
  for (std::int64_t each : top.data<std::int64_t>()) {
    CHECK(each == highest - 1);
  }
  const Tensor bottom = randint(lowest, lowest + 2, {9}, generator);
  for (std::int64_t each : bottom.data<std::int64_t>()) {
    CHECK(each <= lowest + 1);
  }
  int negative = 0;
  const Tensor all = randint(lowest, highest, {10'000}, generator);
  for (std::int64_t each : all.data<std::int64_t>()) {
    negative += each < 0;
  }
  CHECK(std::abs(negative - 5000) < 4 * 50);
}

TEST_CASE("randperm is a permutation, and every one is equally likely") {
  Generator generator(9);
  Values x = values(randperm(1000, generator));
  CHECK_FALSE(std::ranges::is_sorted(x));
  std::ranges::sort(x);
  CHECK(x == values(arange(1000)));
  CHECK(randperm(0, generator).shape() == Shape{0});
  CHECK(values(randperm(1, generator)) == Values{0});
  CHECK_THROWS_WITH_AS(randperm(-1, generator),
                       "a tensor cannot have the shape (-1,): a size is negative", ShapeError);

  std::map<Values, int> orders;
  for (int i = 0; i < 6000; ++i) ++orders[values(randperm(3, generator))];
  std::vector<int> counts;
  for (const auto& [order, count] : orders) counts.push_back(count);
  REQUIRE(counts.size() == 6);
  CHECK(chi_squared(counts) < 20.5);
}
