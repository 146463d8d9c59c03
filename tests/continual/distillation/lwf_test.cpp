#include <engram/engram.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "../../close.h"

using namespace engram;
using namespace engram::continual;

namespace {

/// y = W·x, with weights that a test sets.
struct Rows {
  Tensor w;

  explicit Rows(const Tensor& weight) : w(weight) { w.set_requires_grad(); }
  Tensor operator()(const Tensor& x) const { return linear(x, w); }
  std::vector<Tensor> parameters() const { return {w}; }
  int eval_mode() const { return 0; }

  void set(const std::vector<double>& values) const {
    std::ranges::copy(values, w.data<double>().begin());
  }
};

continual::Task task_of(continual::Scenario scenario, int number, continual::Outputs outputs) {
  const data::Dataset dataset(tensor({1, 2, 3, -1}, {2, 2}, f64),
                              tensor({double(outputs.begin), double(outputs.begin)}, i64));
  return {number, "", dataset, dataset, outputs, scenario};
}

std::vector<double> soft(std::vector<double> logits, double temperature) {
  double total = 0;
  for (double& each : logits) total += each = std::exp(each / temperature);
  for (double& each : logits) each /= total;
  return logits;
}

double entropy(const std::vector<double>& q, const std::vector<double>& p) {
  double total = 0;
  for (std::size_t c = 0; c < q.size(); ++c) total -= q[c] * std::log(p[c]);
  return total;
}

}  // namespace

TEST_CASE("LwF: shared outputs, value and gradient by hand") {
  const Rows net(tensor({1, 0, 0, 1}, {2, 2}, f64));
  const auto task = task_of(continual::Scenario::domain, 0, {0, 2});
  LwF method(net, {.temperature = 2});
  const Tensor x = tensor({3, 1}, {1, 2}, f64), y = tensor({0}, i64);
  const data::Batch batch{x, y};
  const Tensor seven = scalar(7, f64);
  CHECK(method.loss({task, batch, net(x)}, seven).item() == 7);  // no earlier task
  method.end_task(task);                                         // logits (3, 1)
  method.end_task(task);                                         // T = 3 from now on
  net.set({0, 1, 2, -1});                                        // logits (1, 5)

  Tape tape;
  const Tensor logits = net(x);
  const Tensor total = method.loss({task, batch, logits}, seven);
  const auto q = soft({3, 1}, 2), p = soft({1, 5}, 2);
  CHECK(total.item() == doctest::Approx(7. / 3 + 2. / 3 * 4 * entropy(q, p)).epsilon(1e-14));
  check_close(net.w, {0, 1, 2, -1});  // the current values are restored
  tape.backward(total);
  // 2/3·τ²·(p − q)/τ, times x
  const double slope = 2. / 3 * 2 * (p[0] - q[0]);
  check_close(net.w.grad(), {slope * 3, slope * 1, -slope * 3, -slope * 1});
}

TEST_CASE("LwF: a chosen weight") {
  const Rows net(tensor({1, 0, 0, 1}, {2, 2}, f64));
  const auto task = task_of(continual::Scenario::domain, 0, {0, 2});
  const data::Batch batch{tensor({3, 1}, {1, 2}, f64), tensor({0}, i64)};
  LwF method(net, {.temperature = 1, .weight = 0.25});
  method.end_task(task);
  const auto p = soft({3, 1}, 1);
  CHECK(method.loss({task, batch, net(batch.x)}, scalar(7, f64)).item() ==
        doctest::Approx(0.75 * 7 + 0.25 * entropy(p, p)).epsilon(1e-14));
}

TEST_CASE("LwF: heads of their own are distilled each over its outputs") {
  const Rows net(tensor({1, 2, 3, 4, 5, 6}, {6, 1}, f64));
  LwF method(net, {.temperature = 2});
  const data::Batch batch{ones({1, 1}, f64), tensor({4}, i64)};
  method.end_task(task_of(continual::Scenario::task, 0, {0, 2}));
  method.end_task(task_of(continual::Scenario::task, 1, {2, 4}));
  net.set({1, 0, 3, 7, 5, 2});
  const auto third = task_of(continual::Scenario::task, 2, {4, 6});
  const double mean =
      (entropy(soft({1, 2}, 2), soft({1, 0}, 2)) + entropy(soft({3, 4}, 2), soft({3, 7}, 2))) / 2;
  CHECK(method.loss({third, batch, net(batch.x)}, scalar(7, f64)).item() ==
        doctest::Approx(7. / 3 + 2. / 3 * 4 * mean).epsilon(1e-14));
}

TEST_CASE("LwF: new classes compete, with a target of 0") {
  const Rows net(tensor({1, 2, 3, 4, 5, 6}, {6, 1}, f64));
  LwF method(net, {.temperature = 2});
  const data::Batch batch{ones({1, 1}, f64), tensor({3}, i64)};
  method.end_task(task_of(continual::Scenario::classes, 0, {0, 2}));
  net.set({1, 0, 3, 7, 5, 2});
  const auto second = task_of(continual::Scenario::classes, 1, {2, 4});
  auto q = soft({1, 2}, 2);
  q.insert(q.end(), {0, 0});
  const double expected = entropy(q, soft({1, 0, 3, 7}, 2));
  CHECK(method.loss({second, batch, net(batch.x)}, scalar(7, f64)).item() ==
        doctest::Approx(7. / 2 + 1. / 2 * 4 * expected).epsilon(1e-14));
  // Class-incremental: all outputs seen so far, 0 to 4, are one head, not two.
  method.end_task(second);
  CHECK(method.state_dict()["LwF.heads"].shape() == Shape{1, 2});
}

TEST_CASE("LwF: a network of layers learns a task with it, and gradients agree with differences") {
  manual_seed(0);
  const nn::Linear hidden(2, 5, {.dtype = f64}), out(5, 4, {.dtype = f64});
  const nn::Sequential net(hidden, nn::Tanh(), out);
  LwF method(net);
  method.end_task(task_of(continual::Scenario::classes, 0, {0, 2}));
  const auto second = task_of(continual::Scenario::classes, 1, {2, 4});
  const data::Batch batch{tensor({1, 2, 3, -1}, {2, 2}, f64), tensor({2, 3}, i64)};
  for (const Tensor& p : net.parameters()) p.data<double>()[0] += 0.5;
  const auto total = [&] {
    const Tensor logits = net(batch.x);
    return method.loss({second, batch, logits},
                       classification_loss(logits, batch.y, active_outputs(second, second)));
  };
  {
    Tape tape;
    tape.backward(total());
  }
  for (const Tensor& p : net.parameters()) {
    for (std::size_t i = 0; i < p.data<double>().size(); ++i) {
      double& value = p.data<double>()[i];
      const double before = value, h = 1e-5;
      value = before + h;
      const double above = total().item();
      value = before - h;
      const double below = total().item();
      value = before;
      CHECK(p.grad().data<double>()[i] ==
            doctest::Approx((above - below) / (2 * h)).epsilon(1e-6).scale(1e-2));
    }
  }
}

TEST_CASE(
    "LwF: the old network answers in evaluation mode, unrecorded, and a throw changes nothing") {
  struct Moody : nn::Module {
    nn::Linear layer = add("layer", nn::Linear(2, 2, {.bias = false}));
    Tensor operator()(const Tensor& x) const {
      if (!is_training() && throws) throw Error("moody");
      return is_training() ? layer(x) : layer(x) * 3;
    }
    bool throws = false;
  };
  manual_seed(0);
  Moody net;
  const auto task = task_of(continual::Scenario::domain, 0, {0, 2});
  const data::Batch batch{ones({1, 2}), tensor({0}, i64)};
  const Tensor w = net.parameters()[0], before = clone(detach(w));
  const float* const place = w.data<float>().data();
  {
    LwF method(net, {.temperature = 1, .weight = 1});
    method.end_task(task);
    Tape tape;
    const Tensor logits = net(batch.x);
    const std::size_t size = tape.size();
    const double loss = method.loss({task, batch, logits}, scalar(0)).item();
    const auto z = logits.data<float>();
    CHECK(loss == doctest::Approx(entropy(soft({z[0] * 3., z[1] * 3.}, 1), soft({z[0], z[1]}, 1))));
    for (std::size_t node = size; node < tape.size(); ++node) {
      CHECK(std::string(tape.op(node)) != "linear");
    }
    CHECK(net.is_training());
  }
  net.throws = true;
  LwF method(net, {.temperature = 1});
  method.end_task(task);
  w.data<float>()[0] += 1;
  Tape tape;
  const Tensor logits = net(batch.x);
  CHECK_THROWS_WITH_AS(method.loss({task, batch, logits}, scalar(0)), "moody", Error);
  CHECK(w.data<float>()[0] == before.data<float>()[0] + 1);
  CHECK(w.data<float>().data() == place);
  CHECK(method.state_dict()["0.old"].data<float>()[0] == before.data<float>()[0]);
  CHECK(net.is_training());
}

TEST_CASE("LwF: its state") {
  const Rows net(tensor({1, 2, 3, 4, 5, 6}, {6, 1}, f64));
  LwF method(net), other(net);
  CHECK(LwF(net).state_dict()["LwF.heads"].shape() == Shape{0, 2});
  method.end_task(task_of(continual::Scenario::task, 0, {0, 2}));
  method.end_task(task_of(continual::Scenario::task, 1, {2, 4}));
  CHECK(method.state_bytes() == 6 * 8 + 8 + 4 * 8);
  net.set({1, 0, 3, 7, 5, 2});
  other.load_state_dict(method.state_dict());
  const auto third = task_of(continual::Scenario::task, 2, {4, 6});
  const data::Batch batch{ones({1, 1}, f64), tensor({4}, i64)};
  const auto loss = [&](LwF& of) {
    return of.loss({third, batch, net(batch.x)}, scalar(7, f64)).item();
  };
  CHECK(loss(other) == loss(method));
  CHECK(loss(other) != 7);
  other.load_state_dict(LwF(net).state_dict());
  CHECK(loss(other) == 7);

  CHECK_THROWS_WITH_AS(other.load_state_dict({{"LwF.tasks", scalar(1, i64)},
                                              {"LwF.heads", zeros({0, 2}, i64)},
                                              {"0.old", ones({6, 1}, f64)}}),
                       "load_state_dict: \"LwF.heads\" is (0, 2), expected (heads, 2) of 1 tasks",
                       ShapeError);
  const auto with_heads = [](std::int64_t begin, std::int64_t end) {
    return StateDict{{"LwF.tasks", scalar(2, i64)},
                     {"LwF.heads", tensor(std::vector<std::int64_t>{0, 2, begin, end}, {2, 2})},
                     {"0.old", ones({6, 1}, f64)}};
  };
  CHECK_THROWS_WITH_AS(other.load_state_dict(with_heads(-1, 2)),
                       "load_state_dict: \"LwF.heads\" has the outputs -1 to 2", Error);
  CHECK_THROWS_WITH_AS(other.load_state_dict(with_heads(4, 2)),
                       "load_state_dict: \"LwF.heads\" has the outputs 4 to 2", Error);
  CHECK(loss(other) == 7);  // nothing was changed
  // The number of outputs is known from the first step on.
  LwF later(net);
  later.load_state_dict(with_heads(4, 7));
  CHECK_THROWS_WITH_AS(loss(later), "select_outputs: there are no outputs 4 to 7 in logits (1, 6)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(LwF(net, {.temperature = 0}), "LwF: temperature must be above 0, got 0",
                       Error);
  CHECK_THROWS_WITH_AS(LwF(net, {.weight = 1.5}), "LwF: weight must be in [0, 1], got 1.5", Error);
}
