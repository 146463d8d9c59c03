#include "../lines.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

using namespace engram;
using namespace engram::continual;
using continual::Scenario;

namespace {

Tensor loss_of(Method& method, const Network& network, const continual::Task& task,
               const data::Batch& batch) {
  const Tensor logits = network(batch.x);
  const Tensor plain = classification_loss(logits, batch.y, continual::active_outputs(task, task));
  return method.loss({task, batch, logits}, plain);
}

/// Random samples of two inputs, in f32.
continual::Task random_task(int number, Generator& generator) {
  return task_of(number, Scenario::domain, {0, 3}, randn({40, 2}, f32, generator),
                 randint(0, 3, {40}, generator));
}

}  // namespace

TEST_CASE("ExperienceReplay: its loss and gradient by hand") {
  const Lines net(2, 4);
  const Network network(net);
  const continual::Task first =
      task_of(0, Scenario::task, {0, 2}, tensor({1, 0, 0, 1}, {2, 2}, f64), tensor({0, 1}, i64));
  const continual::Task second =
      task_of(1, Scenario::task, {2, 4}, tensor({1, 2}, {1, 2}, f64), tensor({3}, i64));
  const data::Batch batch = second.train.all();

  const auto check_loss = [&](std::optional<double> option, double share) {
    ExperienceReplay method(network, {.weight = option});
    method.begin_task(first);
    const Tensor loss = scalar(1);
    CHECK(method.loss({first, batch, loss}, loss).is(loss));  // nothing to replay
    method.end_task(first);
    method.begin_task(second);

    Tape tape;
    const Tensor total = loss_of(method, network, second, batch);
    // All logits are 0: each sample has probability ½ for either of its own two outputs.
    CHECK(total.item() == doctest::Approx(std::log(2.0)));
    const Tensor gradient = tape.gradient(total, {net.w})[0];
    const double now = 1 - share, then = share / 2;  // the mean over two samples
    const std::vector<double> expected = {-then / 2, then / 2,  now / 2, -now / 2,
                                          then / 2,  -then / 2, now,     -now};
    for (std::size_t k = 0; k < expected.size(); ++k) {
      CHECK(gradient.data<double>()[k] == doctest::Approx(expected[k]));
    }
  };
  check_loss({}, 0.5);  // two tasks so far
  check_loss(0.25, 0.25);
  check_loss(1, 1);
}

TEST_CASE("ExperienceReplay: every task so far has the same weight") {
  const Lines net(1, 6);
  const auto task = [](int number, Scenario scenario) {
    const continual::Outputs own = {2 * number, 2 * number + 2};
    return task_of(number, scenario, own, ones({1, 1}, f64), tensor({2.0 * number}, i64));
  };
  for (const auto& [scenario, current, replayed] :
       {std::tuple(Scenario::task, 2, 2), std::tuple(Scenario::classes, 6, 6)}) {
    ExperienceReplay method(net, {});
    method.end_task(task(0, scenario));
    method.end_task(task(1, scenario));
    const continual::Task last = task(2, scenario);
    method.begin_task(last);
    Tape tape;
    const Tensor total = loss_of(method, net, last, last.train.all());
    const Tensor gradient = tape.gradient(total, {net.w})[0];
    // The label's output of the current task weighs ⅓, those of both earlier ones ⅔ together: a
    // third each. What the others take: 1/n each of the loss among n outputs.
    const double all = scenario == Scenario::classes ? 1 : 1.0 / 3;  // that competes with an output
    for (std::size_t k = 0; k < 6; ++k) {
      const double label = k % 2 == 0 ? 1.0 / 3 : 0;
      CHECK(gradient.data<double>()[k] == doctest::Approx(all / current - label));
    }
    CHECK(total.item() == doctest::Approx(std::log(replayed)));
  }
}

TEST_CASE("ExperienceReplay: with a penalty, the loss is the sum") {
  Generator generator(0);
  manual_seed(0);
  const nn::Linear net(2, 3);
  const continual::Task first = random_task(0, generator), second = random_task(1, generator);
  std::vector<std::unique_ptr<Method>> both;
  both.push_back(std::make_unique<ExperienceReplay>(net, ExperienceReplayOptions{}));
  both.push_back(std::make_unique<EWC>(net, optim::EWCOptions{.lambda = 9}));
  Combination combination(std::move(both));
  ExperienceReplay replay(net);
  EWC penalty(net, {.lambda = 9});
  for (Method* each : std::initializer_list<Method*>{&combination, &replay, &penalty}) {
    each->begin_task(first);
    each->end_task(first);
    each->begin_task(second);
  }
  for (Tensor parameter : net.parameters()) parameter.data<float>()[0] += 1;
  const data::Batch batch = second.train.all();
  const Tensor logits = net(batch.x), none = scalar(0);
  const double added = penalty.loss({second, batch, logits}, none).item();
  CHECK(added > 0.01);
  CHECK(loss_of(combination, net, second, batch).item() ==
        doctest::Approx(loss_of(replay, net, second, batch).item() + added));
}

TEST_CASE("ExperienceReplay: a sequence resumed between two tasks ends bitwise the same") {
  const auto train = [](Method& method, const nn::Linear& net, const continual::Task& task) {
    optim::SGD sgd(net.parameters(), {.lr = 0.1});
    method.begin_task(task);
    for (int step = 0; step < 5; ++step) {
      train_step(
          net, method, sgd, task,
          task.train.slice(4 * step, 4 * step + 4).batch(std::vector<std::int64_t>{0, 1, 2, 3}));
    }
    method.end_task(task);
  };
  for (const std::optional<std::int64_t> per_class : {std::optional<std::int64_t>{}, {2}}) {
    const ExperienceReplayOptions options{.capacity = 10, .per_class = per_class, .batch = 3};
    Generator generator(4);
    const continual::Task first = random_task(0, generator), second = random_task(1, generator);
    manual_seed(0);
    const nn::Linear net(2, 3), resumed(2, 3);
    ExperienceReplay method(net, options), other(resumed, options);
    train(method, net, first);
    resumed.load_state_dict(net.state_dict());
    other.load_state_dict(method.state_dict());
    train(method, net, second);
    train(other, resumed, second);
    const Tensor a = net.parameters()[0], b = resumed.parameters()[0];
    CHECK(std::ranges::equal(a.data<float>(), b.data<float>()));
    const Tensor x = method.memory().samples().x, again = other.memory().samples().x;
    CHECK(std::ranges::equal(x.data<float>(), again.data<float>()));
  }
}

TEST_CASE("ExperienceReplay: memories") {
  Generator generator(0);
  const Lines net(2, 3);
  const continual::Task first = random_task(0, generator), second = random_task(1, generator);
  ExperienceReplay fixed(net, {.capacity = 10}), growing(net, {.per_class = 4}),
      none(net, {.capacity = 0});
  for (const continual::Task& task : {first, second}) {
    for (ExperienceReplay* each : {&fixed, &growing, &none}) each->end_task(task);
  }
  CHECK(fixed.memory().size() == 10);
  CHECK(fixed.memory().seen() == 80);
  CHECK(fixed.state_bytes() == 8 + 10 * (2 * 4 + 8 + 2 * 8));
  CHECK(growing.memory().size() == 2 * 3 * 4);
  const Tensor kept = growing.memory().samples().y;
  for (std::int64_t label : {0, 1, 2}) {
    CHECK(std::ranges::count(kept.data<std::int64_t>(), label) == 8);
  }
  CHECK(none.memory().empty());

  // Another seed stores other samples.
  ExperienceReplay other(net, {.capacity = 10, .seed = 1});
  other.end_task(first);
  other.end_task(second);
  CHECK(max(abs(other.memory().samples().x - fixed.memory().samples().x)).item() > 0);
}

TEST_CASE("ExperienceReplay: options out of range") {
  const Lines net(1, 2);
  const auto make = [&](const ExperienceReplayOptions& options) { ExperienceReplay(net, options); };
  CHECK_THROWS_WITH_AS(make({.capacity = -1}), "Reservoir: the capacity must be at least 0, got -1",
                       Error);
  CHECK_THROWS_WITH_AS(make({.per_class = -2}),
                       "ExperienceReplay: per_class must be at least 0, got -2", Error);
  CHECK_THROWS_WITH_AS(make({.batch = 0}), "ExperienceReplay: batch must be at least 1, got 0",
                       Error);
  CHECK_THROWS_WITH_AS(make({.weight = 1.5}), "ExperienceReplay: weight must be in [0, 1], got 1.5",
                       Error);
}
