#include "../lines.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace engram;
using namespace engram::continual;
using continual::Scenario;

namespace {

/// Two parameters of one element: a gradient in the plane.
struct Plane {
  std::vector<Tensor> parameters = {tensor({0}, f64), tensor({0}, f64)};

  Plane(double x, double y) {
    for (const Tensor& each : parameters) each.set_requires_grad();
    parameters[0].set_grad(tensor({x}, f64));
    parameters[1].set_grad(tensor({y}, f64));
  }
  bool project(double x, double y) const {
    return project_gradient(parameters, {tensor({x}, f64), tensor({y}, f64)});
  }
  double x() const { return parameters[0].grad().item(); }
  double y() const { return parameters[1].grad().item(); }
};

}  // namespace

TEST_CASE("project_gradient: in the plane, by hand") {
  const Plane against(1, 0);
  CHECK(against.project(-1, 1));  // g·g_ref = −1, g_ref² = 2
  CHECK(against.x() == 0.5);
  CHECK(against.y() == 0.5);

  const Plane opposite(2, -4);
  CHECK(opposite.project(-1, 2));
  CHECK(opposite.x() == 0);
  CHECK(opposite.y() == 0);

  const Plane along(1, 3), right(2, 1), nothing(2, 1), tiny(2, 1);
  CHECK_FALSE(along.project(1, 1));
  CHECK(along.x() == 1);
  CHECK(along.y() == 3);
  CHECK_FALSE(right.project(-1, 2));
  CHECK(right.x() == 2);
  CHECK_FALSE(nothing.project(0, 0));
  CHECK(nothing.y() == 1);
  CHECK_FALSE(tiny.project(-1e-200, 0));  // its square is 0
  CHECK(tiny.x() == 2);
}

TEST_CASE(
    "project_gradient: afterwards the gradients are orthogonal, and no shorter than need be") {
  Generator generator(0);
  const Tensor parameter = zeros({30, 1000}, f64);
  parameter.set_requires_grad();
  const Tensor g = randn({30, 1000}, f64, generator);
  const Tensor reference = randn({30, 1000}, f64, generator) - 0.1 * g;
  REQUIRE(sum(g * reference).item() < 0);
  parameter.set_grad(clone(g));
  CHECK(project_gradient({parameter}, {reference}));
  const Tensor after = parameter.grad();
  CHECK(std::abs(sum(after * reference).item()) < 1e-9);
  // The removed component is a multiple of the reference.
  const Tensor taken = g - after;
  const double factor = taken.data<double>()[0] / reference.data<double>()[0];
  CHECK(max(abs(taken - factor * reference)).item() < 1e-12);
}

TEST_CASE("project_gradient: what is undefined stands for zeros") {
  Plane plane(1, 0);
  plane.parameters[1].set_grad(Tensor());
  CHECK(plane.project(-1, 1));
  CHECK(plane.x() == 0.5);
  CHECK(plane.y() == 0.5);
  const Plane other(1, 7);
  CHECK(project_gradient(other.parameters, {tensor({-2}, f64), Tensor()}));
  CHECK(other.x() == 0);
  CHECK(other.y() == 7);
  CHECK_THROWS_WITH_AS(project_gradient(other.parameters, {}),
                       "project_gradient: 2 parameters, but 0 reference gradients", Error);
  CHECK_THROWS_WITH_AS(project_gradient(other.parameters, {tensor({1, 2}, f64), Tensor()}),
                       "project_gradient: parameter 0 is (1,), its reference gradient (2,)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(project_gradient(other.parameters, {tensor({1}), Tensor()}),
                       "project_gradient: parameter 0 is f64, its reference gradient f32",
                       DTypeError);
}

TEST_CASE("AGEM: a step does not go against the gradient of the memory") {
  const Lines net(2, 2);
  // The same sample with another label, and a second input.
  const continual::Task first =
      task_of(0, Scenario::domain, {0, 2}, tensor({1, 0}, {1, 2}, f64), tensor({0}, i64));
  const continual::Task second =
      task_of(1, Scenario::domain, {0, 2}, tensor({1, 1}, {1, 2}, f64), tensor({1}, i64));
  AGEM method(net);
  optim::SGD sgd(net.parameters(), {.lr = 1});
  method.begin_task(first);
  net.w.set_grad(full({2, 2}, 3, f64));
  method.before_update();  // there is no memory yet
  CHECK(net.w.grad().data<double>()[0] == 3);
  net.w.set_grad(Tensor());
  method.end_task(first);

  method.begin_task(second);
  train_step(net, method, sgd, second, second.train.all());
  // All logits are 0, so g = (½, −½; ½, −½) and g_ref = (−½, ½; 0, 0): the first row goes.
  const std::vector<double> expected = {0, 0, -0.5, 0.5};
  CHECK(std::ranges::equal(net.w.data<double>(), expected));

  // Gradients that agree with the reference are not changed.
  net.w.set_grad(tensor({-1, 1, 5, 5}, {2, 2}, f64));
  method.before_update();
  CHECK(std::ranges::equal(net.w.grad().data<double>(), std::vector<double>{-1, 1, 5, 5}));
}

TEST_CASE("AGEM: the reference is over the outputs right for each sample") {
  for (const Scenario scenario : {Scenario::task, Scenario::classes}) {
    const Lines net(1, 4);
    const continual::Task first = task_of(0, scenario, {0, 2}, ones({1, 1}, f64), tensor({0}, i64));
    const continual::Task second =
        task_of(1, scenario, {2, 4}, ones({1, 1}, f64), tensor({2}, i64));
    AGEM method(net);
    method.end_task(first);
    method.begin_task(second);
    net.w.set_grad(tensor({1, 0, 0, 0}, {1, 4}, f64));
    method.before_update();
    // g_ref = p − label, p uniform among the outputs of the task or among all four.
    const std::vector<double> reference = scenario == Scenario::task
                                              ? std::vector<double>{-0.5, 0.5, 0, 0}
                                              : std::vector<double>{-0.75, 0.25, 0.25, 0.25};
    double squared = 0;
    for (double each : reference) squared += each * each;
    for (std::size_t k = 0; k < 4; ++k) {
      const double g = k == 0 ? 1 : 0;
      CHECK(net.w.grad().data<double>()[k] ==
            doctest::Approx(g - reference[0] / squared * reference[k]));
    }
  }
}

TEST_CASE("AGEM: a sequence resumed between two tasks ends bitwise the same") {
  Generator generator(4);
  const auto random_task = [&](int number) {
    return task_of(number, Scenario::domain, {0, 3}, randn({20, 2}, f32, generator),
                   randint(0, 3, {20}, generator));
  };
  const continual::Task first = random_task(0), second = random_task(1);
  const auto train = [](Method& method, const nn::Linear& net, const continual::Task& task) {
    optim::SGD sgd(net.parameters(), {.lr = 0.3});
    method.begin_task(task);
    for (int step = 0; step < 10; ++step) {
      train_step(net, method, sgd, task, task.train.all());
    }
    method.end_task(task);
  };
  const AGEMOptions options{.per_class = 3, .batch = 2};
  manual_seed(0);
  const nn::Linear net(2, 3), resumed(2, 3), naive(2, 3);
  AGEM method(net, options), other(resumed, options);
  train(method, net, first);
  CHECK(method.memory().size() == 9);
  resumed.load_state_dict(net.state_dict());
  naive.load_state_dict(net.state_dict());
  other.load_state_dict(method.state_dict());
  train(method, net, second);
  train(other, resumed, second);
  Method nothing;
  train(nothing, naive, second);
  const Tensor a = net.parameters()[0], b = resumed.parameters()[0], c = naive.parameters()[0];
  CHECK(std::ranges::equal(a.data<float>(), b.data<float>()));
  CHECK_FALSE(std::ranges::equal(a.data<float>(), c.data<float>()));
}

TEST_CASE("AGEM: options out of range") {
  const Lines net(1, 2);
  CHECK_THROWS_WITH_AS(AGEM(net, {.per_class = -2}), "AGEM: per_class must be at least 0, got -2",
                       Error);
  CHECK_THROWS_WITH_AS(AGEM(net, {.batch = 0}), "AGEM: batch must be at least 1, got 0", Error);
}
