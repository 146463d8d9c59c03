#include <doctest/doctest.h>
#include <engram/engram.h>

#include "../small_network.h"

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

// Gradient projection memory and orthogonal weights modification, and their common base.
using namespace engram;
using namespace engram::continual;

namespace {

Tensor nothing_between(const Tensor& x) { return x; }

/// One linear layer without a bias.
SmallNetwork one_layer(const Tensor& weight) {
  const Tensor w = parameter(weight);
  return {{w}, [=](const Tensor& x) { return linear(x, w); }};
}

continual::Task seeing(const Tensor& x, int number = 0) {
  return task_of(x, zeros({x.size(0)}, i64), {0, 2}, number);
}

/// A task whose samples lie in `dimensions` of the `in` directions, not along the axes.
continual::Task in_subspace(std::int64_t in, std::int64_t dimensions, int number) {
  Generator generator(static_cast<std::uint64_t>(number) + 20);
  const Tensor directions = randn({dimensions, in}, f64, generator);
  const Tensor x = matmul(randn({15, dimensions}, f64, generator), directions);
  return task_of(x, randint(0, 3, {15}, generator), {0, 3}, number);
}

}  // namespace

TEST_CASE("GPM: by hand") {
  // Energies 9 and 1: the first direction has 90 % of them.
  const Tensor x = tensor({3, 0, 0, 1}, {2, 2}, f64);
  const auto projector = [&](double threshold) {
    const SmallNetwork net = one_layer(zeros({2, 2}, f64));
    GPM method(net, {.threshold = {threshold}});
    method.end_task(seeing(x));
    return method.projectors()[0];
  };
  CHECK(distance(projector(0), eye(2, f64)) == 0);
  CHECK(distance(projector(0.9 - 1e-9), tensor({0, 0, 0, 1}, {2, 2}, f64)) < 1e-15);
  CHECK(distance(projector(0.9 + 1e-9), zeros({2, 2}, f64)) < 1e-15);

  // In a step of SGD the gradient with respect to the first input goes.
  for (const Projects projects : {Projects::update, Projects::gradient, Projects::both}) {
    const SmallNetwork net = one_layer(zeros({2, 2}, f64));
    GPM method(net, {.threshold = {0.5}, .projects = projects});
    method.end_task(seeing(x));
    optim::SGD sgd(net.tensors, {.lr = 1});
    const continual::Task next = seeing(tensor({2, 4}, {1, 2}, f64), 1);
    train_step(net, method, sgd, next, next.train.all());  // p - y = (-½, ½)
    CHECK(distance(net.tensors[0], tensor({0, 2, 0, -2}, {2, 2}, f64)) < 1e-14);
  }
}

TEST_CASE("GPM: what the memory covers counts toward the threshold, and it grows by the rest") {
  const SmallNetwork net = one_layer(zeros({2, 3}, f64));
  GPM method(net, {.threshold = {0.9}});
  const auto basis = [&] { return method.state_dict()["0.basis"]; };
  method.end_task(seeing(tensor({1, 1, 0}, {1, 3}, f64)));
  CHECK(basis().shape() == Shape{3, 1});
  const double half = std::sqrt(0.5);
  CHECK(distance(abs(basis()), tensor({half, half, 0}, {3, 1}, f64)) < 1e-15);
  // 10 of 11 are covered.
  method.end_task(seeing(tensor({2, 2, 1, 1, 1, 0}, {2, 3}, f64), 1));
  CHECK(basis().shape() == Shape{3, 1});
  // 8 of 9 are not enough.
  method.end_task(seeing(tensor({2, 2, 1}, {1, 3}, f64), 2));
  CHECK(distance(abs(slice(basis(), 1, 1, 2)), tensor({0, 0, 1}, {3, 1}, f64)) < 1e-15);
  method.end_task(seeing(tensor({5, -5, 0}, {1, 3}, f64), 3));
  CHECK(basis().shape() == Shape{3, 3});
  method.end_task(seeing(tensor({1, 2, 3}, {1, 3}, f64), 4));
  CHECK(basis().shape() == Shape{3, 3});
  CHECK(distance(method.projectors()[0], zeros({3, 3}, f64)) < 1e-14);
}

TEST_CASE("GPM: an orthonormal basis that covers the threshold, and no more") {
  Generator generator(3);
  const auto sample = [&] {
    return randn({40, 6}, f64, generator) * tensor({5, 3, 2, 1, 0.5, 0.1}, f64);
  };
  const SmallNetwork net = one_layer(zeros({2, 6}, f64));
  GPM method(net, {.threshold = {0.8}, .threshold_growth = 0.1, .samples = 0});
  for (int number = 0; number < 3; ++number) {
    CAPTURE(number);
    const Tensor x = sample();
    method.end_task(seeing(x, number));
    const Tensor basis = method.state_dict()["0.basis"];
    const std::int64_t k = basis.size(1);
    CHECK(distance(matmul(basis, basis, {.transpose_a = true}), eye(k, f64)) < 1e-14);
    const auto covered = [&](const Tensor& directions) {
      return (sum(square(matmul(x, directions))) / sum(square(x))).item();
    };
    const double threshold = 0.8 + 0.1 * number;
    CHECK(covered(basis) >= threshold - 1e-12);
    if (number == 0) CHECK(covered(slice(basis, 1, 0, k - 1)) < threshold);
    const Tensor p = method.projectors()[0];
    CHECK(distance(matmul(p, p), p) < 1e-14);
    CHECK(distance(p, transpose(p, 0, 1)) < 1e-14);
    CHECK(distance(matmul(p, basis), zeros({6, k}, f64)) < 1e-14);
  }
  CHECK(method.tasks() == 3);
}

TEST_CASE("GPM: with the whole energy, a linear network's outputs for old tasks do not change") {
  for (const bool bias : {false, true}) {
    for (const Projects projects : {Projects::update, Projects::both, Projects::gradient}) {
      for (const bool adam : {false, true}) {
        CAPTURE(bias);
        CAPTURE(adam);
        const SmallNetwork net = two_layers(8, 3, bias, nothing_between);
        std::unique_ptr<optim::Optimizer> optimizer;
        if (adam) {
          optimizer = std::make_unique<optim::Adam>(
              net.tensors, optim::AdamOptions{.lr = 0.01, .weight_decay = 0.1});
        } else {
          optimizer = std::make_unique<optim::SGD>(net.tensors, optim::SGDOptions{.lr = 0.05});
        }
        GPM method(net, {.threshold = {1}, .projects = projects});
        const continual::Task first = in_subspace(8, 2, 0), second = in_subspace(8, 2, 1);
        train(net, method, *optimizer, first, 5);
        const Tensor after_first = net(first.train.all().x);
        train(net, method, *optimizer, second, 20);
        const Tensor after_second = net(second.train.all().x);
        train(net, method, *optimizer, in_subspace(8, 2, 2), 20);

        const double first_moved = distance(net(first.train.all().x), after_first);
        if (adam && projects == Projects::gradient) {
          CHECK(first_moved > 1e-3);  // Adam's update is not along the gradient
        } else {
          CHECK(first_moved < 1e-11);
          CHECK(distance(net(second.train.all().x), after_second) < 1e-11);
        }
        // The second task was learned.
        CHECK(distance(net(in_subspace(8, 2, 2).train.all().x),
                       two_layers(8, 3, bias,
                                  nothing_between)(in_subspace(8, 2, 2).train.all().x)) > 0.05);
      }
    }
  }
}

TEST_CASE("GPM: scaled by importance, by hand") {
  // Singular values 2 and 1; with α = 1 importances 2·2/(2 + 2) and 2·1/(1 + 2).
  const SmallNetwork net = one_layer(zeros({2, 2}, f64));
  GPM method(net, {.threshold = {1}, .scale = 1});
  method.end_task(seeing(tensor({2, 0, 0, 1}, {2, 2}, f64)));
  CHECK(distance(method.projectors()[0], tensor({0, 0, 0, 1.0 / 3}, {2, 2}, f64)) < 1e-14);
  // The next task sees the second direction alone: importance 1 is added, up to 1.
  method.end_task(seeing(tensor({0, 3}, {1, 2}, f64), 1));
  CHECK(distance(method.projectors()[0], zeros({2, 2}, f64)) < 1e-14);

  const SmallNetwork wider = one_layer(zeros({2, 3}, f64));
  GPM grows(wider, {.threshold = {1}, .scale = 1});
  grows.end_task(seeing(tensor({2, 0, 0, 0, 0.5, 0}, {2, 3}, f64)));  // 1 and 1/2.5
  CHECK(distance(grows.projectors()[0], tensor({0, 0, 0, 0, 0.6, 0, 0, 0, 1}, {3, 3}, f64)) <
        1e-14);
  // Along the old second direction 1, along the new one 3: 2/(1 + 3) is added, and 1.
  grows.end_task(seeing(tensor({0, 1, 0, 0, 0, 3}, {2, 3}, f64), 1));
  CHECK(distance(grows.projectors()[0], tensor({0, 0, 0, 0, 0.1, 0, 0, 0, 0}, {3, 3}, f64)) <
        1e-14);
}

TEST_CASE("OWM: by hand") {
  const SmallNetwork net = one_layer(zeros({2, 2}, f64));
  OWM method(net, {.alpha = 2});
  // Two samples (4, 0) and (0, 0): C = diag(8, 0), P = diag(2 / (2 + 8), 1).
  method.end_task(seeing(tensor({4, 0, 0, 0}, {2, 2}, f64)));
  CHECK(distance(method.projectors()[0], tensor({0.2, 0, 0, 1}, {2, 2}, f64)) < 1e-15);
  method.end_task(seeing(tensor({0, 2}, {1, 2}, f64), 1));
  CHECK(distance(method.projectors()[0], tensor({0.2, 0, 0, 1.0 / 3}, {2, 2}, f64)) < 1e-15);

  optim::SGD sgd(net.tensors, {.lr = 1});
  const continual::Task next = seeing(tensor({2, 4}, {1, 2}, f64), 2);
  train_step(net, method, sgd, next, next.train.all());  // p - y = (-½, ½)
  CHECK(distance(net.tensors[0], tensor({0.2, 2.0 / 3, -0.2, -2.0 / 3}, {2, 2}, f64)) < 1e-15);
}

TEST_CASE("OWM: P is the inverse of I + C/α, with the bias as one more input") {
  const SmallNetwork net = two_layers(4, 3, true, [](const Tensor& x) { return relu(x); });
  const double alpha = 0.3;
  OWM method(net, {.alpha = alpha});
  Tensor moment = zeros({5, 5}, f64);
  for (int number = 0; number < 3; ++number) {
    const continual::Task task = in_subspace(4, 2, number);
    method.end_task(task);
    const Tensor x = cat({task.train.all().x, ones({15, 1}, f64)}, 1);
    moment = moment + matmul(x, x, {.transpose_a = true}) / 15;
  }
  const Tensor p = method.projectors()[0];
  CHECK(distance(matmul(p, eye(5, f64) + moment / alpha), eye(5, f64)) < 1e-12);
  CHECK(method.projectors()[1].shape() == Shape{6, 6});
  CHECK(method.state_bytes() == 8 * (5 * 5 + 6 * 6) + 8 * 3);
}

TEST_CASE("projection: an update is changed as projectors() says, by thin products or whole ones") {
  for (const double threshold : {0.5, 0.9999}) {
    CAPTURE(threshold);
    const SmallNetwork net = two_layers(7, 3, true, [](const Tensor& x) { return tanh(x); });
    GPM method(net, {.threshold = {threshold}});
    const continual::Task task = in_subspace(7, 7, 0), next = in_subspace(7, 7, 1);
    method.end_task(task);
    const bool thin = 2 * method.state_dict()["0.basis"].size(1) < 8;
    CHECK(thin == (threshold == 0.5));

    const std::vector<Tensor> before = copies(net.tensors);
    Method naive;
    optim::SGD sgd(net.tensors, {.lr = 0.1});
    train_step(net, naive, sgd, next, next.train.all());
    const std::vector<Tensor> free = copies(net.tensors);
    for (std::size_t k = 0; k < 4; ++k) net.tensors[k].set_data(clone(before[k]));
    train_step(net, method, sgd, next, next.train.all());
    for (std::size_t l = 0; l < 2; ++l) {
      const auto change = [&](const std::vector<Tensor>& after) {
        const Tensor weight = detach(after[2 * l]) - before[2 * l];
        const Tensor bias = detach(after[2 * l + 1]) - before[2 * l + 1];
        return cat({weight, reshape(bias, {-1, 1})}, 1);
      };
      const Tensor wanted = matmul(change(free), method.projectors()[l]);
      CHECK(distance(change(net.tensors), wanted) < 1e-15);
      CHECK(distance(change(free), wanted) > 1e-3);
    }
  }
}

TEST_CASE("projection: of a convolution, over the patches that its window sees") {
  Generator generator(1);
  const Tensor kernel = parameter(randn({3, 2, 2, 2}, f64, generator));
  const Tensor bias = parameter(randn({3}, f64, generator));
  const SmallNetwork net{{kernel, bias}, [=](const Tensor& x) {
                           return sum(conv2d(x, kernel, bias), {2, 3});
                         }};
  // Two images of four patches each, in a space of nine with the bias's.
  const continual::Task task =
      task_of(randn({2, 2, 3, 3}, f64, generator), zeros({2}, i64), {0, 3});
  const continual::Task next =
      task_of(randn({4, 2, 3, 3}, f64, generator), tensor({0, 1, 2, 2}, i64), {0, 3}, 1);
  GPM method(net, {.threshold = {1}});
  method.end_task(task);
  CHECK(method.state_dict()["0.basis"].shape() == Shape{9, 8});
  const Tensor x = task.train.all().x;
  const Tensor before = conv2d(x, kernel, bias), others = net(next.train.all().x);
  optim::SGD sgd(net.tensors, {.lr = 0.1});
  for (int step = 0; step < 3; ++step) train_step(net, method, sgd, next, next.train.all());
  CHECK(distance(conv2d(x, kernel, bias), before) < 1e-12);
  CHECK(distance(net(next.train.all().x), others) > 1e-3);
}

TEST_CASE("projection: outputs that no task has used are free to learn") {
  const SmallNetwork net = two_layers(3, 4, true, nothing_between);
  Generator generator(1);
  const auto head = [&](int number, std::int64_t first) {
    return task_of(randn({20, 3}, f64, generator), randint(first, first + 2, {20}, generator),
                   {first, first + 2}, number, continual::Scenario::task);
  };
  const continual::Task one = head(0, 0), two = head(1, 2);
  GPM method(net, {.threshold = {1}, .samples = 0});
  optim::SGD sgd(net.tensors, {.lr = 0.1, .weight_decay = 0.1});
  train(net, method, sgd, one, 2);
  const std::vector<Tensor> before = copies(net.tensors);
  method.begin_task(two);
  train_step(net, method, sgd, two, two.train.all());
  // Four directions span the first layer's inputs; the second layer has four of its six.
  CHECK(distance(net.tensors[0], before[0]) < 1e-14);
  const auto rows = [&](const Tensor& x, std::int64_t from) { return slice(x, 0, from, from + 2); };
  const Tensor change = detach(net.tensors[2]) - before[2];
  const Tensor bias = detach(net.tensors[3]) - before[3];
  const Tensor seen = linear(one.train.all().x, before[0], before[1]);
  CHECK(distance(linear(seen, rows(change, 0), rows(bias, 0)), zeros({20, 2}, f64)) < 1e-13);
  CHECK(max(abs(linear(seen, rows(change, 2), rows(bias, 2)))).item() > 1e-3);
}

TEST_CASE("projection: a saved state goes on bitwise") {
  const auto check_method = [](auto make) {
    manual_seed(0);
    const nn::Sequential net(nn::Linear(9, 6), nn::ReLU(), nn::Linear(6, 3));
    const auto task = [](int number) {
      Generator generator(static_cast<std::uint64_t>(number));
      return task_of(randn({30, 9}, f32, generator), randint(0, 3, {30}, generator), {0, 3},
                     number);
    };
    const auto method = make(net), other = make(net);
    {
      optim::SGD sgd(net.parameters(), {.lr = 0.1});
      train(net, *method, sgd, task(0), 3);
      train(net, *method, sgd, task(1), 3);
    }
    const std::vector<Tensor> start = copies(net.parameters());
    other->load_state_dict(method->state_dict());
    const auto third_task = [&](Method& with) {
      for (std::size_t k = 0; k < 4; ++k) net.parameters()[k].set_data(clone(start[k]));
      optim::Adam adam(net.parameters(), {.lr = 0.01});
      train(net, with, adam, task(2), 3);
      return copies(net.parameters());
    };
    const auto one = third_task(*method), two = third_task(*other);
    for (std::size_t k = 0; k < 4; ++k) CHECK(distance(one[k], two[k]) == 0);
    CHECK(distance(one[0], start[0]) > 0);
    const StateDict after = other->state_dict();
    for (const auto& entry : method->state_dict()) {
      CAPTURE(entry.name);
      CHECK(std::ranges::equal(entry.value.bytes(), after[entry.name].bytes()));
    }
  };
  check_method([](const Network& net) {
    return std::make_unique<GPM>(net, GPMOptions{.threshold = {0.7}, .samples = 10});
  });
  check_method([](const Network& net) {
    return std::make_unique<GPM>(net, GPMOptions{.threshold = {0.8}, .samples = 10, .scale = 5});
  });
  check_method([](const Network& net) {
    return std::make_unique<OWM>(net, OWMOptions{.samples = 20, .projects = Projects::both});
  });
}

TEST_CASE("projection: outputs of a loaded state that the head does not have are refused") {
  const continual::Task task = task_of(ones({2, 3}, f64), zeros({2}, i64), {0, 4});
  const SmallNetwork net = two_layers(3, 4, true, nothing_between);
  GPM gpm(net);
  gpm.end_task(task);
  const auto with_outputs = [&](std::int64_t begin, std::int64_t end) {
    StateDict state;
    for (const auto& [name, value] : gpm.state_dict()) {
      state.add(name,
                name == "GPM.outputs" ? tensor(std::vector<std::int64_t>{begin, end}) : value);
    }
    return state;
  };
  CHECK_THROWS_WITH_AS(gpm.load_state_dict(with_outputs(-1, 4)),
                       "load_state_dict: \"GPM.outputs\" is -1 to 4", Error);
  CHECK_THROWS_WITH_AS(gpm.load_state_dict(with_outputs(3, 2)),
                       "load_state_dict: \"GPM.outputs\" is 3 to 2", Error);
  CHECK_THROWS_WITH_AS(gpm.load_state_dict(with_outputs(0, 5)),
                       "GPM: tasks used outputs 0 to 5, of 4", Error);
  GPM later(net);
  later.load_state_dict(with_outputs(0, std::numeric_limits<std::int64_t>::max()));
  CHECK_THROWS_WITH_AS(later.begin_task(task),
                       "GPM: tasks used outputs 0 to 9223372036854775807, of 4", Error);
}

TEST_CASE("projection: mistakes are named") {
  const SmallNetwork net = two_layers(3, 4, true, nothing_between);
  CHECK_THROWS_WITH_AS(GPM(net, {.threshold = {}}), "GPM: there is no threshold", Error);
  CHECK_THROWS_WITH_AS(GPM(net, {.threshold = {0.5, 1.5}}),
                       "GPM: threshold must be in [0, 1], got 1.5", Error);
  CHECK_THROWS_WITH_AS(GPM(net, {.threshold_growth = -1}),
                       "GPM: threshold_growth must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(GPM(net, {.samples = -1}), "GPM: samples must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(GPM(net, {.scale = -1}), "GPM: scale must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(OWM(net, {.alpha = 0}), "OWM: alpha must be above 0, got 0", Error);

  const continual::Task task = task_of(ones({2, 3}, f64), zeros({2}, i64), {0, 4});
  GPM gpm(net);
  OWM owm(net);
  gpm.end_task(task);
  owm.end_task(task);
  CHECK_THROWS_WITH_AS(owm.load_state_dict(gpm.state_dict()),
                       "load_state_dict: \"OWM.tasks\" is missing, the state begins with "
                       "\"GPM.tasks\"",
                       Error);
  GPM other(two_layers(5, 4, true, nothing_between));
  CHECK_THROWS_WITH_AS(other.load_state_dict(gpm.state_dict()),
                       "load_state_dict: \"0.basis\" is (4, 1), which does not fit parameter 0, "
                       "(5, 5)",
                       ShapeError);
  CHECK(other.tasks() == 0);
  // The bias is noticed when the first task begins.
  const SmallNetwork bare = two_layers(4, 4, false, nothing_between);
  GPM unbiased(bare);
  StateDict moved;
  for (const auto& [name, value] : gpm.state_dict()) {
    if (name != "2.basis") moved.add(name, value);
  }
  unbiased.load_state_dict(moved);
  CHECK_NOTHROW(unbiased.begin_task(task_of(ones({2, 4}, f64), zeros({2}, i64), {0, 4})));
  const SmallNetwork wide = two_layers(4, 4, true, nothing_between);
  GPM biased(wide);
  biased.load_state_dict(moved);
  CHECK_THROWS_WITH_AS(biased.begin_task(task_of(ones({2, 4}, f64), zeros({2}, i64), {0, 4})),
                       "GPM: parameter 0 has 5 inputs with the bias's, the loaded basis has 4",
                       Error);
}
