#include <engram/autograd/create.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/data/dataset.h>
#include <engram/nn/layers/linear.h>
#include <engram/optim/ewc.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

using namespace engram;
using doctest::Approx;
using optim::EWC;

namespace {

Tensor parameter(std::initializer_list<double> values) {
  Tensor theta = tensor(values, f64);
  theta.set_requires_grad();
  return theta;
}

void move_to(const Tensor& theta, const Tensor& value) {
  std::ranges::copy(value.data<double>(), theta.data<double>().begin());
}

}  // namespace

TEST_CASE("EWC: the running quadratic is the sum of every task's own") {
  Generator generator(1);
  const Tensor theta = parameter({0, 0, 0, 0, 0});
  EWC ewc({theta}, {.lambda = 7});
  std::vector<std::pair<Tensor, Tensor>> tasks;  // F_t, θ*_t
  for (int t = 0; t < 6; ++t) {
    // One element matters to no task, as in dead units.
    const Tensor f = rand({5}, f64, generator) * tensor({1, 1, 1, 1, 0}, f64);
    const Tensor star = randn({5}, f64, generator);
    move_to(theta, star);
    ewc.consolidate({f});
    tasks.emplace_back(f, star);

    move_to(theta, randn({5}, f64, generator));
    Tape tape;
    Tensor separate = scalar(0, f64);
    for (const auto& [importance, center] : tasks) {
      separate = separate + 0.5 * 7 * sum(importance * square(theta - center));
    }
    const Tensor running = ewc.penalty();
    CHECK(running.item() == Approx(separate.item()).epsilon(1e-12));
    const Tensor expected = tape.gradient(separate, {theta})[0];
    const Tensor actual = tape.gradient(running, {theta})[0];
    for (std::size_t i = 0; i < 5; ++i) {
      CHECK(actual.data<double>()[i] == Approx(expected.data<double>()[i]).epsilon(1e-12));
    }
  }
  CHECK(ewc.tasks() == 6);
}

TEST_CASE("EWC: online, importances fade and only the latest parameters count") {
  const Tensor theta = parameter({1, 2});
  EWC ewc({theta}, {.lambda = 3, .gamma = 0.9});
  ewc.consolidate({tensor({1, 2}, f64)});
  move_to(theta, tensor({5, 7}, f64));
  ewc.consolidate({tensor({10, 20}, f64)});
  CHECK(ewc.importance()[0].data<double>()[0] == Approx(10 + 0.9 * 1));
  CHECK(ewc.importance()[0].data<double>()[1] == Approx(20 + 0.9 * 2));
  CHECK(ewc.penalty().item() == 0);
  move_to(theta, tensor({6, 7}, f64));
  CHECK(ewc.penalty().item() == Approx(0.5 * 3 * 0.9 * (10 + 0.9 * 1)));
}

TEST_CASE("EWC: before the first task the penalty is 0 and asks for no gradient") {
  const Tensor theta = parameter({1, 2});
  const EWC ewc({theta});
  Tape tape;
  const Tensor loss = sum(square(theta)) + ewc.penalty();
  tape.backward(loss);
  CHECK(loss.item() == 5);
  CHECK(theta.grad().data<double>()[1] == 4);
}

TEST_CASE("EWC: memory does not grow with the tasks") {
  const Tensor theta = full({1000}, 1, f64);
  theta.set_requires_grad();
  EWC ewc({theta});
  const auto step = [&] {
    ewc.consolidate({ones({1000}, f64)});
    Tape tape;
    tape.backward(ewc.penalty() + sum(theta));
    theta.set_grad({});
  };
  for (int t = 0; t < 3; ++t) step();
  const std::size_t reserved = memory::stats().reserved;
  for (int t = 0; t < 50; ++t) step();
  CHECK(memory::stats().reserved == reserved);
}

namespace {

struct Samples {
  Tensor x, y;
  std::int64_t size() const { return x.size(0); }
  Samples batch(std::span<const std::int64_t> rows) const {
    REQUIRE(rows.size() == 4);
    return *this;
  }
};

/// A type with the interface of a module, whose evaluation mode records whether it was used.
struct Model {
  struct EvalMode {
    explicit EvalMode(bool* mode) : training(mode) { *training = false; }
    EvalMode(const EvalMode&) = delete;
    ~EvalMode() { *training = true; }
    bool* training;
  };

  Tensor weight;
  bool* training;
  bool* asked_in_eval;

  Tensor operator()(const Tensor& x) const {
    *asked_in_eval = !*training;
    return linear(x, weight);
  }
  EvalMode eval_mode() const { return EvalMode(training); }
};

}  // namespace

TEST_CASE("EWC: consolidate measures in eval mode and gives the mode back") {
  const Tensor matrix = tensor({1, 2, 3, 4}, {2, 2}, f64);
  matrix.set_requires_grad();
  bool training = true, asked_in_eval = false;
  const Samples samples{tensor({1, 0, 0, 1, 1, 1, 2, 1}, {4, 2}, f64),
                        tensor(std::vector<std::int64_t>{0, 1, 0, 1})};
  EWC ewc({matrix});
  ewc.consolidate(Model{matrix, &training, &asked_in_eval}, samples);
  CHECK(asked_in_eval);
  CHECK(training);
  CHECK(ewc.tasks() == 1);
  CHECK(max(ewc.importance()[0]).item() > 0);
  CHECK(ewc.center()[0].data<double>()[3] == 4);
  CHECK(!matrix.grad().defined());
}

TEST_CASE("EWC: goes on from a saved state as if nothing had happened") {
  const Tensor theta = parameter({1, 2});
  EWC first({theta}, {.lambda = 3});
  for (const double at : {0., 5., -2.}) {
    move_to(theta, full({2}, at, f64));
    first.consolidate({tensor({1, 0.5}, f64)});
  }
  EWC second({theta}, {.lambda = 3});
  second.load_state_dict(first.state_dict());
  for (EWC* each : {&first, &second}) {
    move_to(theta, tensor({0.25, 4}, f64));
    each->consolidate({tensor({2, 7}, f64)});
    move_to(theta, tensor({3, -1}, f64));
  }
  CHECK(second.tasks() == 4);
  CHECK(second.penalty().item() == first.penalty().item());

  EWC online({theta}, {.gamma = 0.9});
  CHECK_THROWS_AS(online.load_state_dict(first.state_dict()), Error);
  CHECK_THROWS_WITH_AS(first.load_state_dict(online.state_dict()),
                       "load_state_dict: \"EWC.tasks\" is missing, the state begins with "
                       "\"OnlineEWC.tasks\"",
                       Error);
}

TEST_CASE("EWC: importances that are none are refused, and change nothing") {
  constexpr double inf = std::numeric_limits<double>::infinity(),
                   NaN = std::numeric_limits<double>::quiet_NaN();
  for (const std::optional<double> gamma : {std::optional<double>{}, std::optional<double>{0.5}}) {
    const Tensor theta = parameter({1, 2}), other = parameter({3});
    EWC ewc({theta, other}, {.gamma = gamma});
    ewc.consolidate({tensor({1, 0}, f64), tensor({4}, f64)});
    theta.mutable_data<double>()[0] = 5;
    const double penalty = ewc.penalty().item();
    for (const double wrong : {NaN, inf, -inf, -1e-300}) {
      CHECK_THROWS_WITH_AS(ewc.consolidate({tensor({1, 1}, f64), tensor({wrong}, f64)}),
                           fmt::format("EWC: importances must be finite and at least 0, parameter "
                                       "1 has one of {}",
                                       wrong)
                               .c_str(),
                           Error);
      CHECK(ewc.tasks() == 1);
      CHECK(ewc.penalty().item() == penalty);
      StateDict state;
      for (const auto& [name, value] : ewc.state_dict()) {
        state.add(name, name == "1.importance" ? tensor({wrong}, f64) : value);
      }
      CHECK_THROWS_WITH_AS(ewc.load_state_dict(state),
                           fmt::format("load_state_dict: \"1.importance\" has the value {}, "
                                       "expected finite values of at least 0",
                                       wrong)
                               .c_str(),
                           Error);
    }
    CHECK_NOTHROW(ewc.consolidate({tensor({-0.0, 1}, f64), tensor({0}, f64)}));
  }
}

TEST_CASE("EWC: a loaded constant or center that is not finite is refused, and changes nothing") {
  const Tensor theta = parameter({1, 2});
  EWC ewc({theta});
  ewc.consolidate({tensor({1, 0}, f64)});
  const auto load = [&](const std::string& name, const Tensor& value) {
    StateDict state;
    for (const auto& entry : ewc.state_dict()) {
      state.add(entry.name, entry.name == name ? value : entry.value);
    }
    ewc.load_state_dict(state);
  };
  CHECK_THROWS_WITH_AS(load("EWC.constant", scalar(std::nan(""), f64)),
                       "load_state_dict: \"EWC.constant\" has the value nan, expected finite "
                       "values of at least 0",
                       Error);
  CHECK_THROWS_WITH_AS(load("EWC.constant", scalar(-1, f64)),
                       "load_state_dict: \"EWC.constant\" has the value -1, expected finite "
                       "values of at least 0",
                       Error);
  // Its importance is 0, and 0·NaN is NaN.
  CHECK_THROWS_WITH_AS(load("0.center", tensor({1, std::nan("")}, f64)),
                       "load_state_dict: \"0.center\" has the value nan, expected finite values",
                       Error);
  CHECK(ewc.penalty().item() == 0);
}

TEST_CASE("EWC: the Fisher information of a network that has diverged is refused") {
  const nn::Linear net(2, 2);
  net.weight.mutable_data<float>()[0] = std::nanf("");
  EWC ewc(net.parameters());
  CHECK_THROWS_WITH_AS(ewc.consolidate(net, data::Dataset(ones({3, 2}), zeros({3}, i64))),
                       "EWC: importances must be finite and at least 0, parameter 0 has one of nan",
                       Error);
  CHECK(ewc.tasks() == 0);
}

TEST_CASE("EWC: a number of tasks that is none") {
  const Tensor theta = parameter({1});
  EWC ewc({theta});
  for (const std::int64_t tasks : {std::int64_t{-1}, std::int64_t{1} << 32}) {
    StateDict state;
    state.add_number("EWC.tasks", tasks);
    CHECK_THROWS_WITH_AS(
        ewc.load_state_dict(state),
        fmt::format("load_state_dict: \"EWC.tasks\" is {}, expected 0 to 2147483647", tasks)
            .c_str(),
        Error);
  }
}

TEST_CASE("EWC: frozen parameters have no importance, and no penalty's gradient") {
  const nn::Linear first(2, 3), last(3, 2);
  const auto net = [&](const Tensor& x) { return last(relu(first(x))); };
  std::vector<Tensor> parameters = first.parameters();
  for (const Tensor& each : last.parameters()) parameters.push_back(each);
  first.freeze();
  EWC ewc(parameters);
  Generator generator(1);
  const data::Dataset dataset(randn({20, 2}, f32, generator), zeros({20}, i64));
  ewc.consolidate(net, dataset);
  CHECK(sum(ewc.importance()[0]).item() == 0);
  CHECK(sum(ewc.importance()[2]).item() > 0);
  last.weight.mutable_data<float>()[0] += 1;
  Tape tape;
  tape.backward(ewc.penalty());
  CHECK_FALSE(first.weight.grad().defined());
  CHECK(last.weight.grad().defined());
  // Unfrozen parameters are consolidated from then on.
  first.set_requires_grad();
  ewc.consolidate(net, dataset);
  CHECK(sum(ewc.importance()[0]).item() > 0);
}

TEST_CASE("EWC: mistakes are named") {
  const Tensor theta = parameter({1, 2});
  {
    Tape tape;
    CHECK_THROWS_WITH_AS(EWC({square(theta)}),
                         "EWC: parameter 0 is the result of a recorded operation", Error);
  }
  CHECK_THROWS_WITH_AS(EWC({}), "EWC: there are no parameters", Error);
  CHECK_THROWS_WITH_AS(EWC({theta}, {.lambda = -1}), "EWC: lambda must be at least 0, got -1",
                       Error);
  CHECK_THROWS_WITH_AS(EWC({theta}, {.fisher = {.samples = -1}}),
                       "EWC: samples must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(EWC({theta}, {.fisher = {.batch = 0}}),
                       "EWC: batch must be at least 1, got 0", Error);
  CHECK_THROWS_WITH_AS(EWC({theta}, {.gamma = 1.5}), "EWC: gamma must be in [0, 1], got 1.5",
                       Error);
  EWC ewc({theta});
  CHECK_THROWS_WITH_AS(ewc.consolidate({ones({2}, f64), ones({2}, f64)}),
                       "EWC: 2 importances for 1 parameters", Error);
  CHECK_THROWS_WITH_AS(ewc.consolidate({ones({3}, f64)}),
                       "EWC: parameter 0 is (2,), its importance (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(ewc.consolidate({ones({2})}), "EWC: parameter 0 is f64, its importance f32",
                       DTypeError);
  CHECK(ewc.tasks() == 0);
}
