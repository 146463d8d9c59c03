#include "../lines.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace engram;
using namespace engram::continual;
using continual::Scenario;

namespace {

/// The terms that DER adds to the loss.
Tensor added(DER& method, const Lines& net, const continual::Task& task) {
  const data::Batch batch = task.train.all();
  return method.loss({task, batch, net(batch.x)}, scalar(0, f64));
}

void set(const Lines& net, std::initializer_list<double> w) {
  std::ranges::copy(w, net.w.data<double>().begin());
}

}  // namespace

TEST_CASE("DER++: its loss and gradient by hand") {
  const Lines net(1, 2);
  const continual::Task task =
      task_of(0, Scenario::domain, {0, 2}, tensor({1, 2}, {2, 1}, f64), tensor({0, 1}, i64));
  DER method(net, {.alpha = 3, .beta = 5});
  method.begin_task(task);
  set(net, {1, -1});
  CHECK(added(method, net, task).item() == 0);  // nothing is remembered yet
  CHECK(method.memory().size() == 2);           // now the logits (1, −1) and (2, −2) are

  set(net, {1.5, -1});
  Tape tape;
  const Tensor loss = added(method, net, task);
  // Logits now: (1.5, −1) and (3, −2). Squared changes: ¼ and 1, of four elements.
  const double a = std::log(1 + std::exp(-2.5)), b = std::log(1 + std::exp(5.0));
  CHECK(loss.item() == doctest::Approx(3 * 1.25 / 4 + 5 * (a + b) / 2));
  const Tensor gradient = tape.gradient(loss, {net.w})[0];
  const double p = 1 / (1 + std::exp(2.5)), q = 1 / (1 + std::exp(-5.0));  // of the wrong label
  const double pull = 5 * (-1 * p + 2 * q) / 2;
  CHECK(gradient.data<double>()[0] == doctest::Approx(3 * 2 * (0.5 * 1 + 1 * 2) / 4 + pull));
  CHECK(gradient.data<double>()[1] == doctest::Approx(-pull));
}

TEST_CASE("DER++: without either of its terms") {
  const Lines net(1, 2);
  const continual::Task task =
      task_of(0, Scenario::domain, {0, 2}, ones({1, 1}, f64), tensor({0}, i64));
  DER der(net, {.alpha = 1, .beta = 0}), labels_only(net, {.alpha = 0, .beta = 1});
  added(der, net, task);
  added(labels_only, net, task);
  set(net, {2, 2});
  CHECK(added(der, net, task).item() == doctest::Approx(4));
  CHECK(added(labels_only, net, task).item() == doctest::Approx(std::log(2.0)));
}

TEST_CASE("DER++: which logits are held") {
  const auto distance = [](Scenario scenario) {
    const Lines net(1, 4);
    const continual::Task first = task_of(0, scenario, {0, 2}, ones({1, 1}, f64), tensor({0}, i64));
    const continual::Task second =
        task_of(1, scenario, {2, 4}, ones({1, 1}, f64), tensor({2}, i64));
    DER method(net, {.beta = 0});
    method.begin_task(first);
    added(method, net, first);
    method.begin_task(second);
    set(net, {1, 2, 3, 4});
    Tape tape;
    const Tensor loss = added(method, net, second);
    return std::pair(loss.item(), tape.gradient(loss, {net.w})[0]);
  };
  const auto [own, gradient] = distance(Scenario::task);
  CHECK(own == doctest::Approx((1 + 4) / 2.0));
  CHECK(std::ranges::equal(gradient.data<double>(), std::vector<double>{1, 2, 0, 0}));
  CHECK(distance(Scenario::classes).first == doctest::Approx((1 + 4 + 9 + 16) / 4.0));
}

TEST_CASE("DER++: the labels compete among the outputs right for them") {
  for (const auto& [scenario, outputs] :
       {std::pair(Scenario::task, 2), std::pair(Scenario::classes, 4)}) {
    const Lines net(1, 6);
    const continual::Task first = task_of(0, scenario, {0, 2}, ones({1, 1}, f64), tensor({0}, i64));
    const continual::Task second =
        task_of(1, scenario, {2, 4}, ones({1, 1}, f64), tensor({2}, i64));
    DER method(net, {.alpha = 0, .beta = 1});
    added(method, net, first);
    CHECK(added(method, net, second).item() == doctest::Approx(std::log(outputs)));
  }
}

TEST_CASE("DER++: the memory is filled as samples pass, with the logits of that moment") {
  const Lines net(1, 2);
  const continual::Task task =
      task_of(0, Scenario::domain, {0, 2}, tensor({1, 2}, {2, 1}, f64), tensor({0, 1}, i64));
  DER method(net, {.capacity = 4});
  optim::SGD sgd(net.parameters(), {.lr = 1});
  method.begin_task(task);
  train_step(net, method, sgd, task, task.train.all());
  CHECK(max(abs(net.w)).item() > 0);
  const Tensor first = method.memory().samples().logits;
  CHECK(max(abs(first)).item() == 0);  // from before the update
  const Tensor now = net(task.train.all().x);
  train_step(net, method, sgd, task, task.train.all());
  CHECK(method.memory().seen() == 4);
  const Tensor logits = method.memory().samples().logits;
  CHECK(std::ranges::equal(slice(logits, 0, 2, 4).data<double>(), now.data<double>()));
  CHECK_FALSE(logits.requires_grad());
  method.end_task(task);
  CHECK(method.memory().seen() == 4);
  CHECK(method.state_bytes() == 8 + 4 * (8 + 8 + 16 + 16));
}

TEST_CASE("DER++: a sequence resumed between two tasks ends bitwise the same") {
  Generator generator(4);
  const auto random_task = [&](int number) {
    return task_of(number, Scenario::domain, {0, 3}, randn({20, 2}, f32, generator),
                   randint(0, 3, {20}, generator));
  };
  const continual::Task first = random_task(0), second = random_task(1);
  const auto train = [](Method& method, const nn::Linear& net, const continual::Task& task) {
    optim::SGD sgd(net.parameters(), {.lr = 0.1});
    method.begin_task(task);
    for (int step = 0; step < 10; ++step) {
      train_step(net, method, sgd, task, task.train.all());
    }
    method.end_task(task);
  };
  const DEROptions options{.capacity = 7, .batch = 3};
  manual_seed(0);
  const nn::Linear net(2, 3), resumed(2, 3);
  DER method(net, options), other(resumed, options);
  train(method, net, first);
  resumed.load_state_dict(net.state_dict());
  other.load_state_dict(method.state_dict());
  train(method, net, second);
  train(other, resumed, second);
  const Tensor a = net.parameters()[0], b = resumed.parameters()[0];
  CHECK(std::ranges::equal(a.data<float>(), b.data<float>()));
  const Tensor z = method.memory().samples().logits, again = other.memory().samples().logits;
  CHECK(std::ranges::equal(z.data<float>(), again.data<float>()));
}

TEST_CASE("DER: options and states that do not fit") {
  const Lines net(1, 2);
  CHECK_THROWS_WITH_AS(DER(net, {.batch = 0}), "DER: batch must be at least 1, got 0", Error);
  CHECK_THROWS_WITH_AS(DER(net, {.alpha = -1}), "DER: alpha must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(DER(net, {.beta = -1}), "DER: beta must be at least 0, got -1", Error);
  ExperienceReplay replay(net);
  replay.end_task(task_of(0, Scenario::domain, {0, 2}, ones({1, 1}, f64), tensor({0}, i64)));
  DER method(net);
  CHECK_THROWS_WITH_AS(method.load_state_dict(replay.state_dict()),
                       "load_state_dict: \"DER.seen\" is missing, the state begins with "
                       "\"ExperienceReplay.seen\"",
                       Error);
  CHECK(method.memory().empty());
}
