#include <engram/engram.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "../../close.h"

using namespace engram;
using namespace engram::continual;
using nlohmann::json;

namespace {

/// Two parameters without inputs, whose gradients a test sets.
struct Point {
  Tensor theta = tensor({2, 1}, f64);

  Point() { theta.set_requires_grad(); }
  Tensor operator()(const Tensor&) const { return theta; }
  std::vector<Tensor> parameters() const { return {theta}; }
  int eval_mode() const { return 0; }

  double& operator[](std::size_t i) const { return theta.data<double>()[i]; }
};

const data::Dataset nothing(zeros({0, 2}), zeros({0}, i64));
const continual::Task task{0, "", nothing, nothing, {0, 2}};

/// A step of gradient descent on ½·Σ curvature·(θ − minimum)².
void descend(SI& si, const Point& point, double lr, std::array<double, 2> curvature,
             std::array<double, 2> minimum) {
  point.theta.set_grad(tensor(
      {curvature[0] * (point[0] - minimum[0]), curvature[1] * (point[1] - minimum[1])}, f64));
  si.before_update();
  for (std::size_t i = 0; i < 2; ++i) point[i] -= lr * point.theta.grad().data<double>()[i];
  si.after_update();
  point.theta.set_grad({});
}

/// The network of the golden vectors: tanh(x W1' + b1) W2' + b2.
struct TwoLayers {
  Tensor w1, b1, w2, b2;

  explicit TwoLayers(const std::vector<double>& start) {
    auto next = start.begin();
    const auto take = [&](const Shape& shape) {
      Tensor p = tensor(std::vector<double>(next, next + shape.numel()), shape);
      next += shape.numel();
      p.set_requires_grad();
      return p;
    };
    w1 = take({4, 3}), b1 = take({4}), w2 = take({3, 4}), b2 = take({3});
  }
  Tensor operator()(const Tensor& x) const { return linear(tanh(linear(x, w1, b1)), w2, b2); }
  std::vector<Tensor> parameters() const { return {w1, b1, w2, b2}; }
  int eval_mode() const { return 0; }
};

std::vector<double> flat(const std::vector<Tensor>& list) {
  std::vector<double> all;
  for (const Tensor& each : list) std::ranges::copy(each.data<double>(), std::back_inserter(all));
  return all;
}

/// The golden results of golden/synaptic_intelligence.py, computed by PyTorch.
struct Golden {
  json file;
  std::vector<double> start;
  SIOptions options;
  std::vector<continual::Task> tasks;

  Golden() {
    file = json::parse(std::ifstream(ENGRAM_SOURCE_DIR "/tests/golden/synaptic_intelligence.json"));
    start = file.at("start").get<std::vector<double>>();
    options = {.strength = file.at("strength"), .damping = file.at("damping")};
    for (const json& each : file.at("tasks")) {
      const auto y = each.at("y").get<std::vector<std::int64_t>>();
      const data::Dataset dataset(
          tensor(each.at("x").get<std::vector<double>>(), {std::ssize(y), 3}), tensor(y));
      tasks.push_back({static_cast<int>(tasks.size()), "", dataset, dataset, {0, 3}});
    }
  }

  void train(const TwoLayers& net, SI& si, optim::Adam& adam, const continual::Task& each) const {
    const std::int64_t rows = file.at("rows"), batches = file.at("batches");
    si.begin_task(each);
    const data::Batch all = each.train.all();
    for (std::int64_t step = 0; step < file.at("steps"); ++step) {
      const std::int64_t first = step % batches * rows;
      train_step(net, si, adam, each,
                 {slice(all.x, 0, first, first + rows), slice(all.y, 0, first, first + rows)});
    }
    si.end_task(each);
  }
};

}  // namespace

TEST_CASE("SI: the path integral by hand") {
  const Point point;
  SI si(point, {.strength = 1, .damping = 0.5});
  si.begin_task(task);
  // θ = (2, 1): g = (2, 4), Δ = (−1, −2); then θ = (1, −1): g = (1, −4), Δ = (−½, 2).
  descend(si, point, 0.5, {1, 4}, {0, 0});
  CHECK(point[0] == 1);
  CHECK(point[1] == -1);
  descend(si, point, 0.5, {1, 4}, {0, 0});
  CHECK(point[0] == 0.5);
  CHECK(point[1] == 1);
  si.end_task(task);
  // w = −Σ g·Δ = (2 + ½, 8 + 8); the displacement from the start is (−1½, 0)
  check_close(si.importance()[0], {2.5 / (2.25 + 0.5), 16 / (0 + 0.5)});
}

TEST_CASE("SI: the penalty's gradient is added, and is no part of the path") {
  const Point point;
  SI si(point, {.strength = 0.25, .damping = 1});
  si.begin_task(task);
  descend(si, point, 0.5, {1, 1}, {0, 1});  // g = (2, 0), Δ = (−1, 0)
  si.end_task(task);
  check_close(si.importance()[0], {2 / (1 + 1.0), 0});

  si.begin_task(task);                    // from θ* = (1, 1), with Ω = (1, 0)
  descend(si, point, 1, {1, 0}, {2, 0});  // g = (−1, 0), no penalty yet
  CHECK(point[0] == 2);
  point.theta.set_grad(tensor({-3, 0}, f64));
  si.before_update();
  check_close(point.theta.grad(), {-3 + 2 * 0.25 * 1 * (2 - 1), 0});
  point[0] += 2.5;
  si.end_task(task);
  // w = 1·1 + 3·2.5; with the penalty in the gradient it would be 1·1 + 2.5·2.5.
  check_close(si.importance()[0], {1 + 8.5 / (3.5 * 3.5 + 1), 0});
  point.theta.set_grad({});
}

TEST_CASE("SI: the sum of importances does not fall below 0") {
  const Point point;
  SI si(point, {.damping = 1});
  for (double move : {2., -1.}) {  // down the gradient, then up
    si.begin_task(task);
    point.theta.set_grad(tensor({-1, 1}, f64));
    si.before_update();
    for (std::size_t i = 0; i < 2; ++i) point[i] += move;
    si.end_task(task);
  }
  // Ω = (2/5, −2/5 → 0) after w = (2, −2), a move of 2; then + (−1, 1)/2 after a move of 1
  check_close(si.importance()[0], {0, 1. / 2});
}

TEST_CASE("SI: a path that is not finite gives no importance, and is refused") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (const double wrong : {std::nan(""), inf, -inf}) {
    const Point point;
    SI si(point);
    si.begin_task(task);
    descend(si, point, 0.1, {1, 2}, {0, 0});
    point.theta.set_grad(tensor({1, wrong}, f64));
    si.before_update();
    CHECK_THROWS_AS(si.end_task(task), Error);
    CHECK(sum(si.importance()[0]).item() == 0);
    CHECK(si.state_dict()["SI.tasks"].item() == 0);
    StateDict state;
    for (const auto& [name, value] : si.state_dict()) {
      state.add(name, name == "0.importance" ? tensor({1, -1}, f64) : value);
    }
    CHECK_THROWS_WITH_AS(si.load_state_dict(state),
                         "load_state_dict: \"0.importance\" has the value -1, expected finite "
                         "values of at least 0",
                         Error);
  }
}

TEST_CASE("SI: a parameter that the loss does not reach") {
  const Point point;
  SI si(point, {.strength = 1, .damping = 1});
  si.begin_task(task);
  si.before_update();
  CHECK_FALSE(point.theta.grad().defined());  // as without the method
  descend(si, point, 0.5, {1, 0}, {0, 0});    // g = (2, 0), Δ = (−1, 0)
  si.before_update();                         // no gradient: the next move does not count
  point[0] = 0;
  si.end_task(task);
  check_close(si.importance()[0], {2. / 5, 0});
  point[0] = 3;
  si.begin_task(task);
  si.before_update();
  check_close(point.theta.grad(), {2 * 2. / 5 * 3, 0});  // the penalty's alone
  point.theta.set_grad({});
}

TEST_CASE("SI: follows a plain PyTorch loop with Adam over two tasks") {
  const Golden golden;
  const TwoLayers net(golden.start);
  SI si(net, golden.options);
  optim::Adam adam(net.parameters(), {.lr = golden.file.at("lr")});
  REQUIRE(golden.tasks.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    CAPTURE(k);
    golden.train(net, si, adam, golden.tasks[k]);
    const json& after = golden.file.at("after")[k];
    check_close(tensor(flat(net.parameters())), after.at("parameters"), 1e-11);
    check_close(tensor(flat(si.importance())), after.at("importance"), 1e-11);
  }
}

TEST_CASE("SI: goes on from a saved state, bitwise") {
  const Golden golden;
  const TwoLayers net(golden.start);
  optim::Adam adam(net.parameters());
  SI si(net, golden.options);
  golden.train(net, si, adam, golden.tasks[0]);

  const TwoLayers net2(flat(net.parameters()));
  optim::Adam adam2(net2.parameters());
  adam2.load_state_dict(adam.state_dict());
  SI si2(net2, golden.options);
  si2.load_state_dict(si.state_dict());
  golden.train(net, si, adam, golden.tasks[1]);
  golden.train(net2, si2, adam2, golden.tasks[1]);
  CHECK(flat(net.parameters()) == flat(net2.parameters()));
  CHECK(flat(si.importance()) == flat(si2.importance()));
  CHECK(si.state_bytes() == 8 + 2 * 8 * std::ssize(golden.start));
}

TEST_CASE("SI: mistakes are named") {
  const Point point;
  CHECK_THROWS_WITH_AS(SI(point, {.strength = -1}), "SI: strength must be at least 0, got -1",
                       Error);
  CHECK_THROWS_WITH_AS(SI(point, {.damping = 0}), "SI: damping must be above 0, got 0", Error);
  SI si(point);
  point.theta.set_data(ones({3}, f64));
  CHECK_THROWS_WITH_AS(si.before_update(), "SI: parameter 0 is (3,), but was (2,)", ShapeError);
}
