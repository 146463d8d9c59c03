#include <engram/engram.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

using namespace engram;

namespace {

using Rows = std::vector<std::int64_t>;
using Numbers = std::vector<float>;

Numbers values(const Tensor& x) {
  const auto data = x.data<float>();
  return {data.begin(), data.end()};
}

Tensor add_noise(const Tensor& x, Generator& random) {
  return x + randn(x.shape(), x.dtype(), random);
}

/// Samples (3,) of zeros: adding noise makes them the random numbers.
data::Dataset zero_samples(std::int64_t n) { return {zeros({n, 3}), arange(n)}; }

/// The random numbers of each sample in one pass, indexed by its label, the sample's number.
std::vector<Numbers> noise_of_pass(data::Loader& loader) {
  std::vector<Numbers> noise(1000);
  for (const auto& [x, y] : loader) {
    for (std::int64_t row = 0; row < y.size(0); ++row) {
      noise[static_cast<std::size_t>(y.data<std::int64_t>()[static_cast<std::size_t>(row)])] =
          values(slice(x, 0, row, row + 1));
    }
  }
  return noise;
}

/// A network that draws from the default generator as it trains.
struct Net : nn::Module {
  nn::Linear first = add("first", nn::Linear(3, 8));
  nn::Dropout dropout = add("dropout", nn::Dropout(0.5));
  nn::Linear last = add("last", nn::Linear(8, 4));
  Tensor operator()(const Tensor& x) const { return last(dropout(relu(first(x)))); }
};

/// A training run that can be saved at any step.
struct Run {
  Net net;
  optim::Adam adam{net.parameters()};
  data::Loader loader;

  Run(const data::Dataset& dataset, bool prefetch)
      : loader(dataset, {.batch = 8, .shuffle = true, .seed = 7, .prefetch = prefetch}) {}

  /// Trains until this total number of steps.
  void train(std::int64_t steps) {
    while (adam.steps() < steps) {
      for (const auto& [x, y] : loader) {
        Tape tape;
        tape.backward(cross_entropy(net(x), y));
        adam.step();
        adam.zero_grad();
        if (adam.steps() == steps) break;
      }
    }
  }

  StateDict state() const {
    StateDict all;
    for (const auto& [name, value] : net.state_dict()) all.add("net." + name, clone(value));
    for (const auto& [name, value] : adam.state_dict()) all.add("adam." + name, value);
    all.add("random", default_generator().state());
    return all;
  }
  void go_on(const StateDict& state) {
    StateDict of_net, of_adam;
    for (const auto& [name, value] : state) {
      if (name.starts_with("net.")) of_net.add(name.substr(4), value);
      if (name.starts_with("adam.")) of_adam.add(name.substr(5), value);
    }
    net.load_state_dict(of_net);
    adam.load_state_dict(of_adam);
    default_generator().set_state(state["random"]);
    loader.resume_after(adam.steps());
  }
};

bool same(const StateDict& a, const StateDict& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.name == y.name && std::ranges::equal(x.value.bytes(), y.value.bytes());
  });
}

}  // namespace

TEST_CASE("a random map gives each sample numbers of its own, named by seed, epoch and sample") {
  const data::Dataset noisy = zero_samples(20).map(add_noise);
  CHECK(noisy.is_random());
  CHECK_FALSE(zero_samples(1).map([](const Tensor& x) { return x; }).is_random());
  const auto noise = [&](std::int64_t row, const data::Epoch& epoch) {
    return values(noisy.batch(Rows{row}, epoch).x);
  };
  std::set<Numbers> all;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    for (std::uint64_t number = 0; number < 3; ++number) {
      for (std::int64_t row = 0; row < 20; ++row) all.insert(noise(row, {seed, number}));
    }
  }
  CHECK(all.size() == 3 * 3 * 20);
  CHECK(noise(4, {2, 1}) == noise(4, {2, 1}));
  CHECK(values(noisy.batch(Rows{4, 5}).x) ==
        values(cat({noisy.batch(Rows{4}).x, noisy.batch(Rows{5}, {0, 0}).x})));
  CHECK(
      values(noisy.all({1, 2}).x) ==
      values(noisy
                 .batch(Rows{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19},
                        {1, 2})
                 .x));
}

TEST_CASE("the numbers of a sample do not depend on batches, order, threads, prefetch or others") {
  const data::Dataset noisy = zero_samples(50).map(add_noise);
  const auto two_epochs = [&](data::LoaderOptions options) {
    options.seed = 3;
    data::Loader loader(noisy, options);
    return std::pair(noise_of_pass(loader), noise_of_pass(loader));
  };
  const auto expected = two_epochs({.batch = 1, .prefetch = false});
  CHECK(expected.first != expected.second);
  for (const std::int64_t batch : {7, 50, 100}) {
    for (const bool shuffle : {false, true}) {
      for (const bool prefetch : {false, true}) {
        rand({5});
        CHECK(two_epochs({.batch = batch, .shuffle = shuffle, .prefetch = prefetch}) == expected);
      }
    }
  }
  std::vector<std::pair<std::vector<Numbers>, std::vector<Numbers>>> seen(3);
  std::vector<std::jthread> team;
  for (auto& each : seen) {
    team.emplace_back([&] { each = two_epochs({.batch = 9, .shuffle = true}); });
  }
  team.clear();
  for (const auto& each : seen) CHECK(each == expected);
}

TEST_CASE("parts of a data set give its samples the numbers that they have in the whole") {
  const data::Dataset noisy = zero_samples(30).map(add_noise);
  const data::Epoch epoch{5, 6};
  const auto all = values(noisy.all(epoch).x);
  const auto of = [&](const Rows& rows) {
    Numbers expected;
    for (const std::int64_t row : rows) {
      for (std::int64_t i = 3 * row; i < 3 * row + 3; ++i) {
        expected.push_back(all[static_cast<std::size_t>(i)]);
      }
    }
    return expected;
  };
  CHECK(values(noisy.slice(10, 13).all(epoch).x) == of({10, 11, 12}));
  CHECK(values(noisy.subset(Rows{9, 2}).all(epoch).x) == of({9, 2}));
  CHECK(values(noisy.slice(10, 20).subset(Rows{9, 2}).slice(1, 2).all(epoch).x) == of({12}));
  CHECK(values(noisy.take(2).map(add_noise).all(epoch).x) ==
        values(noisy.map(add_noise).take(2).all(epoch).x));
  // Taken twice before the map, a sample counts as two.
  const auto twice = values(zero_samples(3).subset(Rows{1, 1}).map(add_noise).all().x);
  CHECK(Numbers(twice.begin(), twice.begin() + 3) != Numbers(twice.begin() + 3, twice.end()));
}

TEST_CASE("several random maps, of x and of y, draw numbers of their own") {
  std::set<double> drawn;
  const auto draw = [&](const Tensor& x, Generator& random) {
    drawn.insert(random.uniform());
    return x;
  };
  zero_samples(4).map(draw).map(draw).map_targets(draw).map_targets(draw).all();
  CHECK(drawn.size() == 16);

  const data::Dataset labels(zeros({100, 1}), zeros({100}, i64));
  const data::Dataset wrong = labels.map_targets(
      [](const Tensor& y, Generator& random) { return y + static_cast<double>(random.below(2)); });
  CHECK(wrong.is_random());
  const double ones = sum(wrong.all().y).item();
  CHECK(ones > 20);
  CHECK(ones < 80);
  CHECK(sum(wrong.targets()).item() == ones);
  CHECK(sum(wrong.targets({0, 1})).item() == sum(wrong.all({0, 1}).y).item());
  const Tensor five = wrong.slice(5, 6).targets();
  CHECK(five.item() == wrong.targets().data<std::int64_t>()[5]);
}

TEST_CASE("a random map gets one sample as a batch of one, and may change its shape and dtype") {
  const data::Dataset crops = zero_samples(4).map([](const Tensor& x, Generator& random) {
    CHECK(x.shape() == Shape{1, 3});
    const std::int64_t start = random.below(3);
    return cast(slice(x, 1, start, start + 1), f64);
  });
  const Tensor x = crops.all().x;
  CHECK(x.shape() == Shape{4, 1});
  CHECK(x.dtype() == f64);
  CHECK(crops.batch(Rows{}).x.size(0) == 0);

  const auto mapped = [](std::function<Tensor(const Tensor&, Generator&)> function) {
    return zero_samples(2).map(std::move(function)).all();
  };
  int calls = 0;
  CHECK_THROWS_WITH_AS(mapped([](const Tensor&, Generator&) {
                         return zeros({2, 3});
                       }),
                       "Dataset::map: a sample became (2, 3); it must be (1, ...)", ShapeError);
  CHECK_THROWS_WITH_AS(mapped([](const Tensor&, Generator&) { return scalar(1); }),
                       "Dataset::map: a sample became (); it must be (1, ...)", ShapeError);
  CHECK_THROWS_WITH_AS(mapped([&](const Tensor&, Generator&) {
                         return zeros({1, ++calls});
                       }),
                       "Dataset::map: a sample became (1, 2), the one before it (1, 1)",
                       ShapeError);
  calls = 0;
  CHECK_THROWS_WITH_AS(
      mapped([&](const Tensor&, Generator&) { return zeros({1}, ++calls == 1 ? f32 : f64); }),
      "Dataset::map: a sample became f64, the one before it f32", DTypeError);
}

TEST_CASE("a function of a data set may not draw from the default generator") {
  const char* text =
      "Dataset: a function of samples draws from the default generator, and who else draws would "
      "decide what it gets; map gives a generator to a function of (x, generator)";
  const auto noisy = [](const Tensor& x) { return x + rand(x.shape(), x.dtype()); };
  for (const bool prefetch : {false, true}) {
    data::Loader loader(zero_samples(4).map(noisy), {.batch = 2, .prefetch = prefetch});
    CHECK_THROWS_WITH_AS(loader.begin(), text, Error);
  }
  CHECK_THROWS_WITH_AS(zero_samples(2).transform(noisy).all(), text, Error);
  CHECK_THROWS_WITH_AS(zero_samples(2)
                           .map_targets([](const Tensor& y) {
                             manual_seed(1);
                             return y;
                           })
                           .all(),
                       text, Error);
  CHECK_THROWS_WITH_AS(
      zero_samples(2).map([](const Tensor& x, Generator&) { return dropout(x, 0.5, true); }).all(),
      text, Error);

  // A function that draws nothing is allowed, and afterwards the default generator is back.
  manual_seed(1);
  CHECK(
      zero_samples(2).map([](const Tensor& x) { return dropout(x, 0.5, false); }).all().x.size(0) ==
      2);
  CHECK(default_generator().position() == 0);
  rand({4});
  CHECK(default_generator().position() == 2);
}

TEST_CASE("without a seed of its own, manual_seed governs what a random map draws") {
  const auto noise = [] {
    data::Loader loader(zero_samples(5).map(add_noise));
    return noise_of_pass(loader);
  };
  manual_seed(1);
  const auto first = noise(), second = noise();
  CHECK(first != second);
  manual_seed(1);
  CHECK(noise() == first);
  CHECK(noise() == second);
  // A loader that needs no seed takes none.
  manual_seed(1);
  const data::Loader plain(zero_samples(5));
  CHECK(default_generator().position() == 0);
}

TEST_CASE("training with a random map and dropout repeats bit for bit, and goes on in mid-epoch") {
  const data::Dataset dataset =
      data::Dataset(zeros({44, 3}), cast(arange(0, 44) / 11.0 - 0.5, i64)).map(add_noise);
  constexpr std::int64_t steps = 20;  // of 6 an epoch
  const auto whole = [&](bool prefetch) {
    manual_seed(5);
    Run run(dataset, prefetch);
    run.train(steps);
    return run.state();
  };
  const StateDict expected = whole(true);
  CHECK(same(whole(true), expected));
  CHECK(same(whole(false), expected));
  for (const std::int64_t broken_off : {1, 6, 8, 17}) {
    for (const bool prefetch : {false, true}) {
      CAPTURE(broken_off);
      CAPTURE(prefetch);
      manual_seed(5);
      Run first(dataset, prefetch);
      first.train(broken_off);
      const StateDict saved = first.state();
      manual_seed(99);  // as in another process
      Run second(dataset, !prefetch);
      second.go_on(saved);
      second.train(steps);
      CHECK(same(second.state(), expected));
    }
  }
}
