#include <engram/engram.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>
#include <vector>

using namespace engram;
using namespace engram::continual;

namespace {

/// Samples whose x and label are begin, begin + 1, …
data::Dataset numbered(std::int64_t begin, std::int64_t end) {
  const Tensor y = arange(static_cast<double>(begin), static_cast<double>(end), 1, i64);
  return {reshape(cast(y, f32), {end - begin, 1}), y};
}

std::vector<std::int64_t> labels(const Replay& samples) {
  const auto y = samples.y.data<std::int64_t>();
  return {y.begin(), y.end()};
}

using Labels = std::vector<std::int64_t>;

/// χ² of counts against equal frequencies, with n − 1 degrees of freedom, where each of `rounds`
/// rounds chooses the same number of samples.
double chi_square(const std::vector<double>& counts, double rounds) {
  double chosen = 0;
  for (double each : counts) chosen += each;
  const auto n = static_cast<double>(counts.size());
  const double p = chosen / rounds / n, expected = rounds * p;
  double sum = 0;
  for (double each : counts) sum += (each - expected) * (each - expected);
  return sum / (expected * (1 - p)) * (n - 1) / n;
}

}  // namespace

TEST_CASE("Reservoir: five samples by hand") {
  Generator numbers(6);
  const Labels drawn = {numbers.below(3), numbers.below(4), numbers.below(5)};
  REQUIRE(drawn == Labels{0, 0, 2});  // so 2 goes to place 0, then 3 does, and 4 to none

  Reservoir memory({.capacity = 2});
  Generator generator(6);
  memory.offer(numbered(0, 3).all(), {0, 5}, generator);
  CHECK(labels(memory.samples()) == Labels{2, 1});
  memory.offer(numbered(3, 5), {0, 6}, generator);
  CHECK(labels(memory.samples()) == Labels{3, 1});
  CHECK(memory.samples().outputs == std::vector<continual::Outputs>{{0, 6}, {0, 5}});
  CHECK(memory.seen() == 5);
  CHECK(memory.size() == 2);
}

TEST_CASE("Reservoir: every sample of a stream is held with the same probability") {
  constexpr int rounds = 20000, n = 20;
  std::vector<double> held(n);
  Generator generator(1);
  const data::Batch first = numbered(0, 3).all(), second = numbered(3, 10).all();
  const data::Dataset third = numbered(10, n);
  for (int round = 0; round < rounds; ++round) {
    Reservoir memory({.capacity = 5});
    memory.offer(first, {0, n}, generator);
    memory.offer(second, {0, n}, generator);
    memory.offer(third, {0, n}, generator);
    for (std::int64_t label : labels(memory.samples())) ++held[static_cast<std::size_t>(label)];
  }
  CHECK(chi_square(held, rounds) < 43.8);  // 99.9 % quantile for 19 degrees of freedom
}

TEST_CASE("Reservoir: draws distinct samples, each with the same probability") {
  constexpr int rounds = 5000, n = 8;
  Reservoir memory({.capacity = n});
  Generator generator(1);
  memory.offer(numbered(0, n), {0, n}, generator);
  std::vector<double> drawn(n);
  for (int round = 0; round < rounds; ++round) {
    Labels sample = labels(memory.draw(3, generator));
    for (std::int64_t label : sample) ++drawn[static_cast<std::size_t>(label)];
    std::ranges::sort(sample);
    REQUIRE(std::ranges::adjacent_find(sample) == sample.end());
  }
  CHECK(chi_square(drawn, rounds) < 24.3);  // 99.9 % quantile for 7 degrees of freedom

  Labels all = labels(memory.draw(100, generator));
  std::ranges::sort(all);
  CHECK(all == Labels{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("Reservoir: keeps what belongs together") {
  Reservoir memory({.capacity = 3, .logits = true});
  Generator generator(0);
  const Tensor factors = cast(arange(40), f32);
  for (int task = 0; task < 4; ++task) {
    const data::Batch batch = numbered(10 * task, 10 * task + 6).all();
    memory.offer(batch, {10 * task, 10 * task + 10}, generator, batch.x * factors);
  }
  const auto [x, y, outputs, logits] = memory.draw(3, generator);
  for (std::int64_t k = 0; k < 3; ++k) {
    const auto at = static_cast<std::size_t>(k);
    const std::int64_t label = y.data<std::int64_t>()[at];
    CHECK(x.data<float>()[at] == static_cast<float>(label));
    CHECK(outputs[at].begin == label / 10 * 10);
    CHECK(logits.data<float>()[40 * at + 3] == static_cast<float>(3 * label));
  }
}

TEST_CASE("Reservoir: what it keeps is its own") {
  Reservoir memory({.capacity = 2});
  Generator generator(0);
  const data::Batch batch = numbered(1, 3).all();
  memory.offer(batch, {0, 3}, generator);
  batch.x.data<float>()[0] = 99;
  const Replay drawn = memory.draw(2, generator);
  drawn.x.data<float>()[0] = 99;
  drawn.x.data<float>()[1] = 99;
  CHECK(memory.samples().x.data<float>()[0] == 1);
  CHECK(memory.samples().x.data<float>()[1] == 2);
}

TEST_CASE("Reservoir: none and one") {
  Generator generator(0);
  Reservoir none({.capacity = 0});
  none.offer(numbered(0, 4), {0, 4}, generator);
  CHECK(none.empty());
  CHECK(none.seen() == 4);
  CHECK_THROWS_WITH_AS(none.draw(1, generator), "Reservoir: there are no samples to draw from",
                       Error);
  CHECK_THROWS_WITH_AS(Reservoir({.capacity = -1}),
                       "Reservoir: the capacity must be at least 0, got -1", Error);

  Reservoir one({.capacity = 1});
  one.offer(numbered(0, 0), {0, 4}, generator);
  CHECK(one.empty());
  one.offer(numbered(2, 3), {0, 4}, generator);
  CHECK(labels(one.draw(5, generator)) == Labels{2});
  CHECK_THROWS_WITH_AS(one.draw(0, generator), "Reservoir: to draw needs at least 1, got 0", Error);
  for (int round = 0; round < 9; ++round) one.offer(numbered(0, 4), {0, 4}, generator);
  CHECK(one.size() == 1);
  CHECK(one.seen() == 37);
}

TEST_CASE("Reservoir: refuses what does not go with the rest, and stays as it was") {
  Reservoir memory({.capacity = 4});
  Generator generator(0);
  memory.offer(numbered(0, 2), {0, 2}, generator);
  const auto offer = [&](const Tensor& x, const Tensor& y, const Tensor& logits = {}) {
    memory.offer(data::Batch{x, y}, {0, 2}, generator, logits);
  };
  const Tensor x = zeros({1, 1}), y = tensor({1}, i64);
  CHECK_THROWS_WITH_AS(offer(zeros({1, 2}), y), "Reservoir: keeps x (2, 1), but is offered (1, 2)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(offer(zeros({1, 1}, f64), y),
                       "Reservoir: keeps x of f32, but is offered f64", DTypeError);
  CHECK_THROWS_WITH_AS(offer(zeros({2, 1}), y),
                       "Reservoir: 1 samples cannot be x (2, 1) with y (1,)", ShapeError);
  CHECK_THROWS_WITH_AS(offer(x, scalar(1, i64)), "Reservoir: labels must be (B,), got ()",
                       ShapeError);
  CHECK_THROWS_WITH_AS(offer(x, tensor({1})), "Reservoir: labels must be i64, got f32", DTypeError);
  CHECK_THROWS_WITH_AS(offer(x, tensor({2}, i64)),
                       "Reservoir: label 2 is none of the outputs 0 to 2", DataError);
  CHECK_THROWS_WITH_AS(memory.offer(data::Batch{x, y}, {-1, 2}, generator),
                       "Reservoir: there are no outputs -1 to 2", DataError);
  CHECK_THROWS_WITH_AS(offer(x, y, zeros({1, 2})),
                       "Reservoir: keeps no logits, but is offered some", Error);
  CHECK(memory.seen() == 2);
  CHECK(labels(memory.samples()) == Labels{0, 1});
  Reservoir with({.capacity = 4, .logits = true});
  CHECK_THROWS_WITH_AS(with.offer(numbered(0, 1), {0, 1}, generator),
                       "Reservoir: keeps logits, but is offered none", Error);
  CHECK_THROWS_WITH_AS(with.offer(data::Batch{x, y}, {0, 3}, generator, zeros({1, 2})),
                       "Reservoir: there are no outputs 0 to 3 in 2 logits", DataError);
}

TEST_CASE("Reservoir: a data set that is refused takes no random numbers") {
  Reservoir memory({.capacity = 2});
  Generator generator(0);
  memory.offer(numbered(0, 5), {0, 5}, generator);
  const StateDict before = memory.state_dict();
  const std::uint64_t position = generator.position();
  const auto check_refused = [&](const data::Dataset& dataset, const char* text) {
    CHECK_THROWS_WITH(memory.offer(dataset, {0, 5}, generator), text);
    CHECK(generator.position() == position);
    for (const auto& entry : memory.state_dict()) {
      CAPTURE(entry.name);
      CHECK(std::ranges::equal(entry.value.bytes(), before[entry.name].bytes()));
    }
  };
  // So many samples that some are stored.
  check_refused(numbered(5, 100), "Reservoir: label 83 is none of the outputs 0 to 5");
  check_refused({zeros({100, 2}), zeros({100}, i64)},
                "Reservoir: keeps x (2, 1), but is offered (2, 2)");
  const auto fails = [](const Tensor&) -> Tensor { throw Error("no samples"); };
  check_refused(data::Dataset(zeros({100, 1}), zeros({100}, i64)).map(fails), "no samples");
}

TEST_CASE("Reservoir: goes on from a saved state") {
  Reservoir memory({.capacity = 3}), other({.capacity = 3});
  CHECK(memory.state_dict().size() == 1);
  other.load_state_dict(memory.state_dict());
  CHECK(other.empty());

  Generator generator(5), again(5);
  memory.offer(numbered(0, 7), {0, 7}, generator);
  again.set_position(generator.position());
  const StateDict state = memory.state_dict();
  other.load_state_dict(state);
  for (Reservoir* each : {&memory, &other}) {
    Generator& numbers = each == &memory ? generator : again;
    each->offer(numbered(7, 20), {7, 20}, numbers);
  }
  CHECK(labels(other.samples()) == labels(memory.samples()));
  CHECK(other.samples().outputs == memory.samples().outputs);
  CHECK(other.seen() == 20);
  CHECK(labels(memory.samples()) != labels(Replay{{}, state["y"], {}, {}}));  // which is a copy
}

TEST_CASE("Reservoir: refuses states that are not its own, and stays as it was") {
  Reservoir memory({.capacity = 2});
  Generator generator(0);
  memory.offer(numbered(0, 2), {0, 2}, generator);
  const auto with = [&](const std::string& name, const Tensor& value) {
    StateDict state;
    for (const auto& [key, kept] : memory.state_dict()) state.add(key, key == name ? value : kept);
    return state;
  };
  const auto refused = [&](const std::string& name, const Tensor& value) -> std::string {
    try {
      memory.load_state_dict(with(name, value));
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing";
  };
  CHECK(refused("Reservoir.seen", tensor(std::vector<std::int64_t>{std::int64_t{1} << 62}, {})) ==
        "load_state_dict: \"Reservoir.seen\" is 4611686018427387904, expected 0 to "
        "4611686018427387903");
  CHECK(refused("Reservoir.seen", scalar(1, i64)) ==
        "load_state_dict: \"outputs\" is (2, 2), expected (1, 2)");
  CHECK(refused("x", zeros({3, 1})) == "load_state_dict: \"x\" is (3, 1), expected 2 samples");
  CHECK(refused("y", tensor({0, 2}, i64)) ==
        "load_state_dict: label 2 is none of the outputs 0 to 2");
  CHECK(refused("outputs", tensor(std::vector<std::int64_t>{0, 2, -1, 2}, {2, 2})) ==
        "load_state_dict: there are no outputs -1 to 2");
  StateDict more = memory.state_dict();
  more.add("logits", zeros({2, 2}));
  CHECK_THROWS_WITH_AS(memory.load_state_dict(more), "load_state_dict: \"logits\" is unexpected",
                       Error);
  Reservoir larger({.capacity = 3});
  larger.load_state_dict(memory.state_dict());  // not full at the larger capacity
  CHECK(larger.size() == 2);
  CHECK(labels(memory.samples()) == Labels{0, 1});
  CHECK(memory.seen() == 2);
}

TEST_CASE("draw_per_class: some of each") {
  const data::Dataset dataset(zeros({8, 1}), tensor({3, 0, 0, 3, 0, 1, 0, 0}, i64));
  Generator generator(0);
  Labels drawn = labels({{}, draw_per_class(dataset, 2, generator).targets(), {}, {}});
  CHECK(drawn == Labels{0, 0, 1, 3, 3});
  CHECK(draw_per_class(dataset, 0, generator).size() == 0);
  CHECK_THROWS_WITH_AS(draw_per_class(dataset, -1, generator),
                       "draw_per_class: the number must be at least 0, got -1", Error);
}

TEST_CASE("replay_loss: a sample competes among the outputs right for it") {
  const Tensor logits = tensor({1, 2, 5, 7, 3, 9, 4, 8, 2, 6, 5, 1}, {2, 6}, f64);
  const Replay samples{zeros({2, 1}), tensor({1, 2}, i64), {{0, 2}, {2, 4}}, {}};
  // −log softmax of the label's logit: among 1, 2 and among 2, 6.
  const auto nll = [](double own, std::initializer_list<double> all) {
    double sum = 0;
    for (double each : all) sum += std::exp(each);
    return std::log(sum) - own;
  };
  const Tensor row1 = tensor({4, 8, 2, 6, 5, 1}, {1, 6}, f64);
  CHECK(replay_loss(logits, samples, continual::Scenario::task, {4, 6}).item() ==
        doctest::Approx((nll(2, {1, 2}) + nll(2, {2, 6})) / 2));
  CHECK(replay_loss(logits, samples, continual::Scenario::classes, {2, 4}).item() ==
        doctest::Approx((nll(2, {1, 2, 5, 7}) + nll(2, {4, 8, 2, 6})) / 2));
  CHECK(replay_loss(logits, samples, continual::Scenario::classes, {4, 6}).item() ==
        doctest::Approx(cross_entropy(logits, samples.y).item()));

  // The gradient: softmax among the own outputs less the label, over 2 samples; 0 elsewhere.
  logits.set_requires_grad();
  Tape tape;
  tape.backward(replay_loss(logits, samples, continual::Scenario::task, {4, 6}));
  const double p = 1 / (1 + std::exp(-1.0)), q = 1 / (1 + std::exp(4.0));
  const std::vector<double> expected = {(1 - p) / 2, (p - 1) / 2, 0,           0,           0, 0,
                                        0,           0,           (q - 1) / 2, (1 - q) / 2, 0, 0};
  for (std::size_t k = 0; k < expected.size(); ++k) {
    CHECK(logits.grad().data<double>()[k] == doctest::Approx(expected[k]));
  }
}

TEST_CASE("classification_loss: outputs of each row") {
  const Tensor logits = zeros({2, 4});
  const std::vector<continual::Outputs> outputs = {{0, 2}, {2, 4}};
  const auto loss = [&](const Tensor& y) { return classification_loss(logits, y, outputs); };
  CHECK_THROWS_WITH_AS(loss(tensor({0, 1}, i64)),
                       "classification_loss: label 1 is none of the outputs 2 to 4", Error);
  CHECK_THROWS_WITH_AS(loss(tensor({0}, i64)),
                       "classification_loss: logits (2, 4), but labels (1,)", ShapeError);
  CHECK_THROWS_WITH_AS(loss(tensor({0, 2})), "classification_loss: labels must be i64, got f32",
                       DTypeError);
  CHECK_THROWS_WITH_AS(classification_loss(zeros({1, 4}), tensor({0}, i64), outputs),
                       "classification_loss: outputs of 2 rows, logits (1, 4)", ShapeError);
  CHECK_THROWS_WITH_AS(output_mask(outputs, 3), "output_mask: there are no outputs 2 to 4 in 3",
                       ShapeError);
}
