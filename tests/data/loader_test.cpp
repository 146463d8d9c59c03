#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/threads.h>
#include <engram/data/loader.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace engram;

namespace {

using Rows = std::vector<std::int64_t>;

/// Samples that are their own numbers.
data::Dataset numbered(std::int64_t n) { return {arange(n), arange(n)}; }

/// The batches of one pass, each as the numbers of its samples.
std::vector<Rows> pass(data::Loader& loader) {
  std::vector<Rows> batches;
  for (auto [x, y] : loader) {
    const auto numbers = x.data<std::int64_t>();
    CHECK(std::ranges::equal(numbers, y.data<std::int64_t>()));
    batches.emplace_back(numbers.begin(), numbers.end());
  }
  CHECK(static_cast<std::int64_t>(batches.size()) == loader.size());
  return batches;
}

std::vector<Rows> one_pass(std::int64_t n, const data::LoaderOptions& options) {
  data::Loader loader(numbered(n), options);
  return pass(loader);
}

Rows flat(const std::vector<Rows>& batches) {
  Rows rows;
  for (const Rows& batch : batches) rows.insert(rows.end(), batch.begin(), batch.end());
  return rows;
}

Rows count_to(std::int64_t n) {
  Rows rows(static_cast<std::size_t>(n));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}  // namespace

TEST_CASE("in order, with a last batch that is not full") {
  for (bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    CHECK(one_pass(7, {.batch = 3, .prefetch = prefetch}) ==
          std::vector<Rows>{{0, 1, 2}, {3, 4, 5}, {6}});
    CHECK(one_pass(7, {.batch = 3, .drop_last = true, .prefetch = prefetch}) ==
          std::vector<Rows>{{0, 1, 2}, {3, 4, 5}});
    CHECK(one_pass(6, {.batch = 3, .prefetch = prefetch}).size() == 2);
    CHECK(one_pass(2, {.batch = 3, .prefetch = prefetch}) == std::vector<Rows>{{0, 1}});
    CHECK(one_pass(2, {.prefetch = prefetch}) == std::vector<Rows>{{0}, {1}});
    CHECK(one_pass(2, {.batch = 3, .drop_last = true, .prefetch = prefetch}).empty());
    CHECK(one_pass(0, {.batch = 3, .prefetch = prefetch}).empty());
    CHECK(one_pass(0, {.batch = 3, .iterations = 5, .prefetch = prefetch}).empty());
  }
}

TEST_CASE("shuffled, every sample comes once, in another order every epoch") {
  data::Loader loader(numbered(100), {.batch = 8, .shuffle = true, .seed = 3});
  const Rows first = flat(pass(loader)), second = flat(pass(loader));
  CHECK(first != second);
  for (Rows epoch : {first, second}) {
    CHECK(epoch != count_to(100));
    std::ranges::sort(epoch);
    CHECK(epoch == count_to(100));
  }
}

TEST_CASE("the seed names the orders, with and without prefetch") {
  const auto two_epochs = [](std::uint64_t seed, bool prefetch) {
    data::Loader loader(numbered(50),
                        {.batch = 7, .shuffle = true, .seed = seed, .prefetch = prefetch});
    return std::pair(pass(loader), pass(loader));
  };
  CHECK(two_epochs(1, true) == two_epochs(1, false));
  CHECK(two_epochs(1, true) != two_epochs(2, true));
}

TEST_CASE("without a seed manual_seed governs the order") {
  const auto order = [] { return one_pass(50, {.batch = 50, .shuffle = true}); };
  manual_seed(4);
  const auto first = order(), second = order();
  CHECK(first != second);
  manual_seed(4);
  CHECK(order() == first);
  CHECK(order() == second);
}

TEST_CASE("a number of iterations takes as many epochs as it needs") {
  for (bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    const data::LoaderOptions options = {
        .batch = 4, .shuffle = true, .seed = 1, .prefetch = prefetch};
    data::Loader by_epochs(numbered(10), options);
    std::vector<Rows> expected;
    for (int epoch = 0; epoch < 4; ++epoch) {
      for (const Rows& batch : pass(by_epochs)) expected.push_back(batch);
    }
    data::LoaderOptions by_iterations = options;
    by_iterations.iterations = 7;
    data::Loader loader(numbered(10), by_iterations);
    CHECK(loader.size() == 7);
    CHECK(pass(loader) == std::vector<Rows>(expected.begin(), expected.begin() + 7));
    // The next pass begins with the next epoch, the fourth.
    CHECK(pass(loader).front() == expected[9]);

    by_iterations.iterations = 0;
    CHECK(one_pass(10, by_iterations).empty());
  }
}

TEST_CASE("what the data set throws arrives in the loop, after the batches before it") {
  for (bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    const data::Dataset broken = numbered(10).map([](const Tensor& x) {
      if (x.data<std::int64_t>()[0] == 4) throw std::runtime_error("sample 4 is broken");
      return x;
    });
    data::Loader loader(broken, {.batch = 2, .prefetch = prefetch});
    int batches = 0;
    const auto loop = [&] {
      for (auto [x, y] : loader) batches += x.numel() == 2;
    };
    CHECK_THROWS_WITH_AS(loop(), "sample 4 is broken", std::runtime_error);
    CHECK(batches == 2);

    auto at = loader.begin();
    ++at;
    CHECK_THROWS_AS(++at, std::runtime_error);
    CHECK((at == loader.end()));
    CHECK_THROWS_WITH_AS(++at, "Loader: the iterator is at the end already", Error);
  }
}

TEST_CASE("a loop can be left early, and begun again") {
  data::Loader loader(numbered(1000), {.batch = 10});
  for (int round = 0; round < 20; ++round) {
    int batches = 0;
    for (auto [x, y] : loader) {
      CHECK(x.data<std::int64_t>()[0] == 10 * batches);
      if (++batches == 3) break;
    }
  }
  CHECK(flat(pass(loader)) == count_to(1000));
}

TEST_CASE("two loops over one loader at once") {
  data::Loader loader(numbered(30), {.batch = 3, .shuffle = true, .seed = 0});
  Rows first, second;
  auto other = loader.begin();
  for (auto [x, y] : loader) {
    const auto mine = x.data<std::int64_t>(), others = other->x.data<std::int64_t>();
    first.insert(first.end(), mine.begin(), mine.end());
    second.insert(second.end(), others.begin(), others.end());
    ++other;
  }
  CHECK((other == loader.end()));
  CHECK(first != second);
  std::ranges::sort(first);
  std::ranges::sort(second);
  CHECK(first == count_to(30));
  CHECK(second == count_to(30));
}

TEST_CASE("a batch stays what it was while the next ones come") {
  std::vector<data::Batch> kept;
  for (const data::Batch& batch : data::Loader(numbered(20), {.batch = 5})) kept.push_back(batch);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    CHECK(kept[i].x.data<std::int64_t>()[0] == 5 * static_cast<std::int64_t>(i));
  }
}

TEST_CASE("the background thread works alone and leaves the others' number of threads") {
  const int threads = num_threads();
  const auto here = std::this_thread::get_id();
  const data::Dataset watched = numbered(4).map([&](const Tensor&) {
    return tensor(
        {std::this_thread::get_id() == here ? 1.0 : 0.0, static_cast<double>(num_threads())},
        {1, 2});
  });
  for (auto [x, y] : data::Loader(watched, {.prefetch = true})) {
    CHECK(x.data<float>()[0] == 0);
    CHECK(x.data<float>()[1] == 1);
  }
  for (auto [x, y] : data::Loader(watched, {.prefetch = false})) CHECK(x.data<float>()[0] == 1);
  CHECK(num_threads() == threads);
}

TEST_CASE("an iterator at its end goes no further") {
  for (bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    data::Loader loader(numbered(2), {.prefetch = prefetch});
    auto batch = loader.begin();
    ++batch;
    ++batch;
    CHECK((batch == loader.end()));
    CHECK_THROWS_WITH_AS(++batch, "Loader: the iterator is at the end already", Error);
  }
}

TEST_CASE("no tape records what prepares a batch, with and without prefetch") {
  const Tensor weight = ones({2}, f64);
  weight.set_requires_grad();
  const data::Dataset weighted =
      data::Dataset(ones({4}, f64), arange(4)).map([&](const Tensor& x) { return x * weight; });
  for (bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    const Tape tape;
    for (auto [x, y] : data::Loader(weighted, {.batch = 2, .prefetch = prefetch})) {
      CHECK_FALSE(x.requires_grad());
    }
    CHECK(tape.size() == 0);
  }
}

TEST_CASE("any number of iterations") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  data::Loader loader(numbered(3), {.iterations = most, .prefetch = false});
  CHECK(loader.size() == most);
  CHECK(loader.begin()->x.numel() == 1);
}

TEST_CASE("a loader goes on after any number of batches as if it had given them") {
  for (const bool prefetch : {false, true}) {
    for (const bool drop_last : {false, true}) {
      for (const std::optional<std::int64_t> iterations :
           {std::optional<std::int64_t>{}, std::optional<std::int64_t>{7}}) {
        CAPTURE(prefetch);
        CAPTURE(drop_last);
        const data::LoaderOptions options = {.batch = 4,
                                             .shuffle = true,
                                             .seed = 1,
                                             .drop_last = drop_last,
                                             .iterations = iterations,
                                             .prefetch = prefetch};
        data::Loader whole(numbered(10), options);
        std::vector<Rows> expected;
        for (int each = 0; each < 4; ++each) {
          for (const Rows& batch : pass(whole)) expected.push_back(batch);
        }
        for (std::size_t taken = 0; taken <= expected.size(); ++taken) {
          CAPTURE(taken);
          data::Loader resumed(numbered(10), options);
          resumed.resume_after(static_cast<std::int64_t>(taken));
          std::vector<Rows> rest;
          while (rest.size() < expected.size() - taken) {
            for (const auto& [x, y] : resumed) {
              const auto numbers = x.data<std::int64_t>();
              rest.emplace_back(numbers.begin(), numbers.end());
            }
          }
          CHECK(rest == std::vector<Rows>(expected.begin() + static_cast<std::ptrdiff_t>(taken),
                                          expected.end()));
        }
      }
    }
  }
}

TEST_CASE("what a loader cannot go on after") {
  data::Loader none(numbered(0)), loader(numbered(3));
  none.resume_after(0);
  CHECK((none.begin() == none.end()));
  CHECK_THROWS_WITH_AS(none.resume_after(2),
                       "Loader: cannot resume after 2 batches, a pass has none", Error);
  CHECK_THROWS_WITH_AS(loader.resume_after(-1), "Loader: cannot resume after -1 batches", Error);
  loader.resume_after(std::numeric_limits<std::int64_t>::max());
  CHECK(loader.begin()->x.numel() == 1);
}

TEST_CASE("passes that begin on several threads at once are epochs of their own") {
  constexpr int threads = 4, rounds = 50;
  const data::LoaderOptions options = {.batch = 20, .shuffle = true, .seed = 2, .prefetch = false};
  const auto first_batch = [](data::Loader& loader) {
    const Tensor x = loader.begin()->x;
    const auto numbers = x.data<std::int64_t>();
    return Rows(numbers.begin(), numbers.end());
  };
  data::Loader alone(numbered(20), options);
  std::vector<Rows> expected, orders(threads * rounds);
  for (int each = 0; each < threads * rounds; ++each) expected.push_back(first_batch(alone));

  data::Loader shared(numbered(20), options);
  std::vector<std::jthread> team;
  for (int thread = 0; thread < threads; ++thread) {
    team.emplace_back([&, thread] {
      for (int round = 0; round < rounds; ++round) {
        orders[static_cast<std::size_t>(thread * rounds + round)] = first_batch(shared);
      }
    });
  }
  team.clear();
  std::ranges::sort(expected);
  std::ranges::sort(orders);
  CHECK(orders == expected);
}

TEST_CASE("options that make no sense") {
  CHECK_THROWS_WITH_AS(data::Loader(numbered(1), {.batch = 0}),
                       "Loader: batch must be at least 1, got 0", Error);
  CHECK_THROWS_WITH_AS(data::Loader(numbered(1), {.batch = -2}),
                       "Loader: batch must be at least 1, got -2", Error);
  CHECK_THROWS_WITH_AS(data::Loader(numbered(1), {.iterations = -1}),
                       "Loader: iterations must be at least 0, got -1", Error);
}
