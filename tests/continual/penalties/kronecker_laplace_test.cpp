#include <doctest/doctest.h>
#include <engram/engram.h>

#include "../small_network.h"

#include <cmath>

using namespace engram;
using namespace engram::continual;

namespace {

Tensor smooth(const Tensor& x) { return tanh(x); }

void move_by(const Tensor& parameter, double step, std::uint64_t seed) {
  Generator generator(seed);
  const Tensor noise = randn(parameter.shape(), f64, generator);
  for (std::size_t i = 0; i < parameter.data<double>().size(); ++i) {
    parameter.data<double>()[i] += step * noise.data<double>()[i];
  }
}

continual::Task random_task(std::int64_t samples, std::uint64_t seed, int number = 0) {
  Generator generator(seed);
  return task_of(randn({samples, 3}, f64, generator), randint(0, 4, {samples}, generator), {0, 4},
                 number);
}

}  // namespace

TEST_CASE("KroneckerLaplace: value and gradient by hand") {
  // One sample (1, 2) and logits 0: p = (½, ½), G = ¼ [[1, -1], [-1, 1]], A = [[1, 2], [2, 4]].
  const Tensor weight = parameter(zeros({2, 2}, f64));
  const SmallNetwork net{{weight}, [=](const Tensor& x) { return linear(x, weight); }};
  const continual::Task task = task_of(tensor({1, 2}, {1, 2}, f64), tensor({0}, i64), {0, 2});
  KroneckerLaplace method(net, {.lambda = 8, .energy = 1});
  method.begin_task(task);
  CHECK(method.penalty().item() == 0);
  method.end_task(task);
  CHECK(method.penalty().item() == 0);

  weight.data<double>()[0] = 1;
  Tape tape;
  const Tensor loss = method.loss({task, task.train.all(), {}}, scalar(5, f64));
  CHECK(loss.item() == doctest::Approx(5 + 8 * 0.5 * 0.25));
  tape.backward(loss * 2);
  CHECK(distance(weight.grad(), tensor({4, 8, -4, -8}, {2, 2}, f64)) < 1e-13);  // 2·λ·G·ΔW·A
}

TEST_CASE("KroneckerLaplace: of one sample and one layer is the whole Fisher information's") {
  for (const bool bias : {false, true}) {
    for (const std::size_t layer : {std::size_t{0}, std::size_t{1}}) {
      CAPTURE(bias);
      CAPTURE(layer);
      const SmallNetwork net = two_layers(3, 4, bias, smooth);
      const continual::Task task = random_task(1, 7);
      const Tensor x = task.train.all().x;
      std::vector<double> probability;
      std::vector<std::vector<Tensor>> gradients;
      for (std::int64_t c = 0; c < 4; ++c) {
        Tape tape;
        const Tensor chosen = sum(slice(log_softmax(net(x), 1), 1, c, c + 1));
        probability.push_back(std::exp(chosen.item()));
        gradients.push_back(tape.gradient(chosen, net.tensors));
      }
      KroneckerLaplace method(net, {.lambda = 3, .energy = 1});
      method.end_task(task);
      std::vector<Tensor> before;
      for (const Tensor& each : net.tensors) before.push_back(clone(detach(each)));
      const std::size_t each = net.tensors.size() / 2;
      for (std::size_t k = layer * each; k < (layer + 1) * each; ++k) {
        move_by(net.tensors[k], 1, 10 + k);
      }
      double wanted = 0;  // ½λ Σ_c p_c (g_c·Δ)²
      for (std::size_t c = 0; c < 4; ++c) {
        double along = 0;
        for (std::size_t k = 0; k < before.size(); ++k) {
          along += sum(gradients[c][k] * (net.tensors[k] - before[k])).item();
        }
        wanted += 0.5 * 3 * probability[c] * along * along;
      }
      CHECK(method.penalty().item() == doctest::Approx(wanted).epsilon(1e-11));
    }
  }
}

TEST_CASE("KroneckerLaplace: tasks add up, each around its own end") {
  const SmallNetwork net = two_layers(3, 4, true, smooth);
  const continual::Task first = random_task(20, 1), second = random_task(30, 2, 1);
  const KroneckerLaplaceOptions options{.lambda = 2, .energy = 1};
  KroneckerLaplace both(net, options), one(net, options), other(net, options);
  both.end_task(first);
  one.end_task(first);
  for (std::size_t k = 0; k < 4; ++k) move_by(net.tensors[k], 0.5, k);
  both.end_task(second);
  other.end_task(second);
  CHECK(both.penalty().item() == doctest::Approx(one.penalty().item()).epsilon(1e-11));
  for (std::size_t k = 0; k < 4; ++k) move_by(net.tensors[k], 0.5, k + 10);
  const double wanted = one.penalty().item() + other.penalty().item();
  CHECK(both.penalty().item() == doctest::Approx(wanted).epsilon(1e-11));
  CHECK(both.penalty().item() > 1.01 * one.penalty().item());

  // The directional derivative: the central difference of a quadratic is exact.
  Tape tape;
  const Tensor value = both.penalty();
  const auto gradient = tape.gradient(value, net.tensors);
  for (std::size_t k = 0; k < 4; ++k) {
    CAPTURE(k);
    Generator generator(k);
    const Tensor direction = randn(net.tensors[k].shape(), f64, generator);
    move_by(net.tensors[k], 0.1, k);
    const double above = both.penalty().item();
    move_by(net.tensors[k], -0.2, k);
    const double below = both.penalty().item();
    move_by(net.tensors[k], 0.1, k);
    const NoGrad no_grad;
    CHECK(sum(gradient[k] * direction).item() ==
          doctest::Approx((above - below) / 0.2).epsilon(1e-10));
  }
  CHECK_THROWS_WITH_AS(tape.gradient(both.penalty(), net.tensors, {.create_graph = true}),
                       "kronecker_penalty: it cannot be differentiated twice", AutogradError);
}

TEST_CASE("KroneckerLaplace: online, tasks that are alike lose nothing") {
  const SmallNetwork net = two_layers(3, 4, true, smooth);
  const continual::Task task = random_task(20, 1);
  KroneckerLaplace sum_of_tasks(net, {.energy = 1, .fisher = {.samples = 0}});
  KroneckerLaplace online(net, {.online = true, .energy = 1, .fisher = {.samples = 0}});
  for (int t = 0; t < 3; ++t) {
    sum_of_tasks.end_task(task);
    online.end_task(task);
  }
  for (std::size_t k = 0; k < 4; ++k) move_by(net.tensors[k], 0.5, k);
  CHECK(online.penalty().item() == doctest::Approx(sum_of_tasks.penalty().item()).epsilon(1e-10));
  CHECK(online.state_bytes() < 0.5 * static_cast<double>(sum_of_tasks.state_bytes()));

  // Around the parameters after the last task only.
  online.end_task(task);
  CHECK(online.penalty().item() == 0);
  sum_of_tasks.end_task(task);
  CHECK(sum_of_tasks.penalty().item() > 0.1);
}

TEST_CASE("KroneckerLaplace: a share of the energy takes less memory, and away from the penalty") {
  const SmallNetwork net = two_layers(3, 4, true, smooth);
  const continual::Task task = random_task(50, 1);
  KroneckerLaplace all(net, {.energy = 1}), most(net, {.energy = 0.9}), none(net, {.energy = 0});
  for (KroneckerLaplace* method : {&all, &most, &none}) method->end_task(task);
  for (std::size_t k = 0; k < 4; ++k) move_by(net.tensors[k], 0.5, k);
  CHECK(most.state_bytes() < all.state_bytes());
  CHECK(most.penalty().item() < all.penalty().item());
  CHECK(most.penalty().item() > 0.3 * all.penalty().item());
  CHECK(none.penalty().item() == 0);
  Tape tape;  // the gradients are 0, not uninitialised memory
  CHECK(distance(tape.gradient(none.penalty(), {net.tensors[0]})[0], zeros_like(net.tensors[0])) ==
        0);
}

TEST_CASE("KroneckerLaplace: of a head with labels of its own") {
  const SmallNetwork net = two_layers(3, 4, false, smooth);
  Generator generator(1);
  const continual::Task task = task_of(randn({9, 3}, f64, generator), full({9}, 2, i64), {2, 4}, 1,
                                       continual::Scenario::task);
  KroneckerLaplace method(net, {.energy = 1, .fisher = {.labels = optim::Labels::empirical}});
  method.end_task(task);
  // Weights of other tasks' outputs are free.
  for (std::size_t i = 0; i < 10; ++i) net.tensors[1].data<double>()[i] += 1;
  CHECK(std::abs(method.penalty().item()) < 1e-25);
  net.tensors[1].data<double>()[10] += 1;
  CHECK(method.penalty().item() > 1e-3);
}

TEST_CASE("KroneckerLaplace: a saved state goes on bitwise") {
  for (const bool online : {false, true}) {
    CAPTURE(online);
    manual_seed(0);
    const nn::Sequential net(nn::Conv2d(1, 2, 2), nn::Tanh(), nn::Flatten(), nn::Linear(8, 3));
    const auto task = [](int number) {
      Generator generator(static_cast<std::uint64_t>(number));
      return task_of(randn({12, 1, 3, 3}, f32, generator), randint(0, 3, {12}, generator), {0, 3},
                     number);
    };
    const KroneckerLaplaceOptions options{
        .online = online, .fisher = {.labels = optim::Labels::sampled, .samples = 8}};
    KroneckerLaplace method(net, options);
    {
      optim::SGD sgd(net.parameters(), {.lr = 0.1});
      train(net, method, sgd, task(0), 3);
      train(net, method, sgd, task(1), 3);
    }
    std::vector<Tensor> start;
    for (const Tensor& each : net.parameters()) start.push_back(clone(detach(each)));
    const StateDict state = method.state_dict();

    const auto third_task = [&](Method& with) {
      for (std::size_t k = 0; k < start.size(); ++k) {
        net.parameters()[k].set_data(clone(start[k]));
      }
      optim::SGD sgd(net.parameters(), {.lr = 0.1});
      train(net, with, sgd, task(2), 3);
      std::vector<Tensor> end;
      for (const Tensor& each : net.parameters()) end.push_back(clone(detach(each)));
      return end;
    };
    KroneckerLaplace other(net, options);
    other.load_state_dict(state);
    CHECK(other.tasks() == 2);
    const auto one = third_task(method), two = third_task(other);
    for (std::size_t k = 0; k < one.size(); ++k) CHECK(distance(one[k], two[k]) == 0);
    const StateDict after = other.state_dict();
    for (const auto& entry : method.state_dict()) {
      CAPTURE(entry.name);
      CHECK(std::ranges::equal(entry.value.bytes(), after[entry.name].bytes()));
    }
  }
}

TEST_CASE("KroneckerLaplace: mistakes are named") {
  const SmallNetwork net = two_layers(3, 4, true, smooth);
  CHECK_THROWS_WITH_AS(KroneckerLaplace(net, {.lambda = -1}),
                       "KroneckerLaplace: lambda must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(KroneckerLaplace(net, {.energy = 1.5}),
                       "KroneckerLaplace: energy must be in [0, 1], got 1.5", Error);
  CHECK_THROWS_WITH_AS(KroneckerLaplace(net, {.fisher = {.batch = 0}}),
                       "KroneckerLaplace: batch must be at least 1, got 0", Error);
  KroneckerLaplace method(net), online(net, {.online = true});
  const StateDict empty = method.state_dict();
  method.end_task(random_task(5, 1));
  method.end_task(random_task(5, 2, 1));
  const StateDict state = method.state_dict();
  CHECK_THROWS_WITH_AS(online.load_state_dict(state),
                       "load_state_dict: 8 entries do not fit:\n"
                       "  \"0.0.offset\" is unexpected\n"
                       "  \"0.1.inputs\" is unexpected\n"
                       "  \"0.1.gradients\" is unexpected\n"
                       "  \"0.1.offset\" is unexpected\n"
                       "  \"2.0.offset\" is unexpected\n"
                       "  \"2.1.inputs\" is unexpected\n"
                       "  \"2.1.gradients\" is unexpected\n"
                       "  \"2.1.offset\" is unexpected",
                       Error);
  CHECK_THROWS_WITH_AS(KroneckerLaplace(two_layers(4, 4, true, smooth)).load_state_dict(state),
                       "load_state_dict: \"0.center\" is (5, 3), expected (5, 4)", ShapeError);
  KroneckerLaplace other(net);
  other.load_state_dict(state);
  CHECK_THROWS_WITH_AS(other.penalty(), "KroneckerLaplace: begin_task comes before the penalty",
                       Error);
  other.load_state_dict(empty);
  CHECK(other.tasks() == 0);
}
