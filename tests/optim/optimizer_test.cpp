#include "optimizers.h"

#include <doctest/doctest.h>
#include <engram/autograd/create.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/random.h>
#include <engram/autograd/sanitized.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/threads.h>
#include <engram/nn/layers/linear.h>
#include <engram/nn/layers/sequential.h>
#include <engram/optim/clip.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

using namespace engram;

namespace {

Tensor parameter(std::initializer_list<double> values, DType dtype = f64) {
  Tensor p = tensor(values, dtype);
  p.set_requires_grad();
  return p;
}

/// Random values and gradients that depend on the seed alone; f32's are those of f64, rounded.
Tensor noise(const Shape& shape, DType dtype, std::uint64_t seed) {
  Generator generator(seed);
  const Tensor x = randn(shape, f64, generator);
  if (dtype == f64) return x;
  const Tensor y(shape, f32);
  std::ranges::copy(x.data<double>(), y.data<float>().begin());
  return y;
}

}  // namespace

TEST_CASE("a step moves the parameters that have gradients") {
  const Tensor w = parameter({1, 2}), b = parameter({3});
  optim::SGD sgd({w, b}, {.lr = 0.5});
  w.set_grad(tensor({1, -1}, f64));
  sgd.step();
  CHECK(w.data<double>()[0] == 0.5);
  CHECK(w.data<double>()[1] == 2.5);
  CHECK(b.item() == 3);
  sgd.zero_grad();
  CHECK_FALSE(w.grad().defined());
  sgd.step();
  CHECK(w.data<double>()[0] == 0.5);
  CHECK(sgd.steps() == 2);
}

TEST_CASE("groups start with the options of the constructor and are changed by assignment") {
  const Tensor a = parameter({1}), b = parameter({1}), c = parameter({1}), d = parameter({1});
  optim::SGD sgd({std::vector{a}, std::vector{b}}, {.lr = 0.5});
  optim::SGDOptions& second = sgd.group(1);
  sgd.add_group({c}).lr = 0.125;
  sgd.add_group({d});
  second.lr = 0.25;
  optim::Optimizer& base = sgd;
  CHECK(base.group_count() == 4);
  CHECK(base.lr() == 0.5);
  CHECK(base.lr(1) == 0.25);
  CHECK(base.lr(2) == 0.125);
  CHECK(base.lr(3) == 0.5);
  base.lr(0) = 1;
  for (const Tensor& p : {a, b, c, d}) p.set_grad(tensor({1}, f64));
  sgd.step();
  CHECK(a.item() == 0);
  CHECK(b.item() == 0.75);
  CHECK(c.item() == 0.875);
  CHECK(d.item() == 0.5);
}

TEST_CASE("Adam corrects the bias by the updates that a parameter has seen") {
  // The first update of each parameter moves it by lr, at whichever step it comes.
  const Tensor a = parameter({1}), b = parameter({1}), late = parameter({1});
  optim::Adam adam({a, b, late}, {.lr = 0.125, .eps = 0});
  for (int step = 1; step <= 3; ++step) {
    for (const Tensor& p : {a, b}) p.set_grad(tensor({4}, f64));
    if (step == 3) late.set_grad(tensor({4}, f64));
    adam.step();
    CHECK(a.item() == doctest::Approx(1 - 0.125 * step));
    CHECK(b.item() == a.item());
  }
  CHECK(late.item() == doctest::Approx(1 - 0.125));
  CHECK(adam.steps() == 3);
}

TEST_CASE("parameters of no and of one element") {
  for (const auto& kind : optimizer_kinds()) {
    CAPTURE(kind.name);
    const Tensor none = noise({0, 3}, f32, 1), one = noise({}, f32, 2);
    none.set_requires_grad();
    one.set_requires_grad();
    const auto optimizer = kind.make({{none, one}});
    const float before = one.item<float>();
    for (int step = 0; step < 3; ++step) {
      none.set_grad(zeros({0, 3}));
      one.set_grad(ones({}));
      optimizer->step();
    }
    CHECK(one.item<float>() < before);
  }
}

TEST_CASE("frozen parameters stay as they are, and learn when they are asked to") {
  for (const auto& kind : optimizer_kinds()) {
    CAPTURE(kind.name);
    const Tensor a = noise({5}, f32, 1), frozen = noise({5}, f32, 2);
    const Tensor plain_a = clone(a), plain = clone(frozen);
    for (const Tensor& each : {a, plain_a, plain}) each.set_requires_grad();
    const auto optimizer = kind.make({{frozen, a}}), only = kind.make({{plain_a}});
    const auto step = [&](std::uint64_t seed) {
      for (const Tensor& each : {frozen, a, plain_a, plain}) each.set_grad(noise({5}, f32, seed));
      optimizer->step();
      only->step();
    };
    const auto same = [](const Tensor& x, const Tensor& y) {
      return std::ranges::equal(x.bytes(), y.bytes());
    };
    for (std::uint64_t seed = 10; seed < 13; ++seed) step(seed);
    CHECK(same(frozen, plain));
    CHECK(same(a, plain_a));
    CHECK(optimizer->state_dict()["state.0.step"].item() == 0);
    CHECK(optimizer->state_dict()["state.1.step"].item() == 3);

    // Its first update is that of any parameter, and states saved before and after can be loaded.
    const StateDict saved = optimizer->state_dict();
    frozen.set_requires_grad();
    const auto late = kind.make({{plain}});
    for (const Tensor& each : {frozen, plain}) each.set_grad(noise({5}, f32, 20));
    a.set_grad({});
    optimizer->step();
    late->step();
    CHECK(same(frozen, plain));
    CHECK_FALSE(same(frozen, noise({5}, f32, 2)));

    // Frozen again, with a stale gradient and a state.
    frozen.set_requires_grad(false);
    frozen.set_grad(noise({5}, f32, 21));
    optimizer->step();
    CHECK(same(frozen, plain));
    CHECK(optimizer->state_dict()["state.0.step"].item() == 1);
    optimizer->load_state_dict(saved);
    CHECK(optimizer->state_dict()["state.0.step"].item() == 0);
  }
}

TEST_CASE("an optimizer of a net with frozen layers trains the others") {
  const nn::Linear body(2, 3), head(3, 2);
  const nn::Sequential net(body, relu, head);
  body.freeze();
  const StateDict before = clone(net.state_dict());
  optim::Adam adam(net.parameters(), {.weight_decay = 0.1});
  const auto step = [&] {
    Tape tape;
    tape.backward(mean(square(net(ones({4, 2})))));
    CHECK(optim::clip_grad_norm(net.parameters(), 1.0, {.error_if_nonfinite = true}) > 0);
    adam.step();
    adam.zero_grad();
  };
  const auto moved = [&](const char* key) {
    return !std::ranges::equal(before[key].bytes(), net.state_dict()[key].bytes());
  };
  step();
  CHECK_FALSE(moved("0.weight"));
  CHECK_FALSE(moved("0.bias"));
  CHECK(moved("2.weight"));
  body.set_requires_grad();
  step();
  CHECK(moved("0.weight"));
}

TEST_CASE("the first step is right wherever the mean square of the gradient is in range") {
  const auto first_step = [](auto make, double gradient) {
    const Tensor w = zeros({1});
    w.set_requires_grad();
    auto optimizer = make(std::vector<Tensor>{w});
    w.set_grad(full({1}, gradient));
    optimizer.step();
    return w.item();
  };
  using Parameters = std::vector<Tensor>;
  for (double g : {1e-14, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e18, 1e19, 1e20, 5e20}) {
    for (const double gradient : {g, -g}) {
      CAPTURE(gradient);
      const auto expected = [&](double lr, double eps) {
        return doctest::Approx(-lr * gradient / (std::abs(gradient) + eps)).epsilon(1e-5);
      };
      for (const bool amsgrad : {false, true}) {
        CHECK(first_step(
                  [&](Parameters p) {
                    return optim::Adam(std::move(p), {.lr = 0.1, .amsgrad = amsgrad});
                  },
                  gradient) == expected(0.1, 1e-8));
      }
      CHECK(first_step(
                [&](Parameters p) {
                  return optim::Adam(std::move(p), {.lr = 0.1, .eps_inside_root = true});
                },
                gradient) ==
            doctest::Approx(-0.1 * gradient / std::sqrt(gradient * gradient + 1e-8)).epsilon(1e-5));
      if (g <= 1e19) {  // β = 0.99 leaves more of the square
        CHECK(first_step([&](Parameters p) { return optim::RMSProp(std::move(p), {.lr = 0.01}); },
                         gradient) ==
              doctest::Approx(-0.01 * gradient / (0.1 * std::abs(gradient) + 1e-8)).epsilon(1e-5));
      }
      if (g <= 1e19) {  // ρ = 0.9
        CHECK(first_step([&](Parameters p) { return optim::Adadelta(std::move(p)); }, gradient) ==
              doctest::Approx(-1e-3 * gradient / std::sqrt(0.1 * gradient * gradient + 1e-6))
                  .epsilon(1e-5));
      }
      if (g <= 1e19) {  // Σg² itself
        CHECK(first_step([&](Parameters p) { return optim::Adagrad(std::move(p), {.lr = 0.1}); },
                         gradient) == expected(0.1, 1e-10));
      }
    }
  }
  // NAdam's first step divides by the same root.
  const auto nadam = [](Parameters p) {
    return optim::Adam(std::move(p), {.lr = 0.1, .nesterov = true});
  };
  CHECK(first_step(nadam, 1e20) == doctest::Approx(first_step(nadam, 1.0)).epsilon(1e-5));
}

TEST_CASE("f32 follows f64") {
  for (const auto& kind : optimizer_kinds()) {
    CAPTURE(kind.name);
    const Tensor single = noise({37}, f32, 1), exact = noise({37}, f64, 1);
    single.set_requires_grad();
    exact.set_requires_grad();
    const auto optimizer = kind.make({{single}, {exact}});
    for (std::uint64_t step = 0; step < 100; ++step) {
      single.set_grad(noise({37}, f32, 10 + step));
      exact.set_grad(noise({37}, f64, 10 + step));
      optimizer->step();
    }
    for (std::size_t i = 0; i < 37; ++i) {
      CHECK(std::abs(single.data<float>()[i] - exact.data<double>()[i]) < 2e-5);
    }
  }
}

TEST_CASE("one thread and two threads agree bitwise") {
  const int threads = num_threads();
  const Shape shape{100'003};
  for (const auto& kind : optimizer_kinds()) {
    CAPTURE(kind.name);
    std::vector<Tensor> results;
    for (const int count : {1, 2}) {
      set_num_threads(count);
      const Tensor w = noise(shape, f32, 1);
      w.set_requires_grad();
      const auto optimizer = kind.make({{w}});
      for (std::uint64_t step = 0; step < 3; ++step) {
        w.set_grad(noise(shape, f32, 10 + step));
        optimizer->step();
      }
      results.push_back(w);
    }
    CHECK(std::ranges::equal(results[0].bytes(), results[1].bytes()));
  }
  set_num_threads(threads);
}

TEST_CASE("a step is noticed by a backward pass that needs the parameters as they were") {
  for (const auto& kind : optimizer_kinds()) {
    CAPTURE(kind.name);
    const Tensor w = noise({3}, f32, 1);
    w.set_requires_grad();
    const auto optimizer = kind.make({{w}});
    Tape tape;
    const Tensor loss = sum(square(w));
    w.set_grad(noise({3}, f32, 2));
    optimizer->step();
    CHECK_THROWS_AS(tape.backward(loss), AutogradError);
  }
}

#ifndef ENGRAM_SANITIZED  // under which the pool does not recycle
TEST_CASE("a step in the steady state asks the system for no memory") {
  for (const auto& kind : optimizer_kinds()) {
    CAPTURE(kind.name);
    const Tensor w = noise({1000}, f32, 1), b = noise({10}, f32, 2);
    for (const Tensor& p : {w, b}) p.set_requires_grad();
    const auto optimizer = kind.make({{w}, {b}});
    const auto train = [&] {
      Tape tape;
      tape.backward(square(w), {.gradient = w});
      tape.backward(square(b), {.gradient = b});
      optimizer->step();
      optimizer->zero_grad();
    };
    train();
    train();
    const auto before = memory::stats().allocations;
    for (int step = 0; step < 10; ++step) train();
    CHECK(memory::stats().allocations == before);
  }
}
#endif

TEST_CASE("an optimizer refuses what it cannot update") {
  using optim::SGD;
  const Tensor w = parameter({1}), b = parameter({2});
  const std::vector<Tensor> none;
  CHECK_THROWS_WITH_AS(SGD{none}, "SGD: no parameters were given", Error);
  CHECK_THROWS_WITH_AS(SGD(std::vector<std::vector<Tensor>>()), "SGD: no parameters were given",
                       Error);
  CHECK_THROWS_WITH_AS(SGD({w, Tensor()}), "SGD: parameter 1 is undefined", Error);
  CHECK_THROWS_WITH_AS(SGD({b, w, b}), "SGD: parameter 2 was added before", Error);
  CHECK_THROWS_WITH_AS(SGD({arange(3)}), "SGD: parameter 0 needs f32 or f64, got i64", DTypeError);

  SGD sgd({w});
  CHECK_THROWS_WITH_AS(sgd.add_group({b, w}), "SGD: parameter 1 was added before", Error);
  CHECK(sgd.group_count() == 1);
  CHECK_THROWS_WITH_AS(sgd.group(1), "SGD: there is no group 1, only 1", Error);
  CHECK_THROWS_WITH_AS(sgd.lr(7), "SGD: there is no group 7, only 1", Error);

  Tape tape;
  CHECK_THROWS_WITH_AS(SGD({w * 2}),
                       "SGD: parameter 0 is the result of a recorded operation; detach() it first",
                       AutogradError);
}

TEST_CASE("a parameter whose shape has changed is refused, and nothing is updated") {
  const Tensor first = parameter({1}), w = parameter({1, 2});
  optim::SGD momentum({first, w}, {.momentum = 0.9});
  first.set_grad(tensor({1}, f64));
  w.set_grad(tensor({1, 1}, f64));
  momentum.step();
  const double before = first.item();
  w.set_data(tensor({1, 2, 3}, f64));
  CHECK_THROWS_WITH_AS(momentum.step(),
                       "SGD: a parameter is (3,) now, what is remembered of it (2,)", ShapeError);
  w.set_data(tensor({1, 2}, f32));
  CHECK_THROWS_WITH_AS(momentum.step(), "SGD: a parameter is f32 now, what is remembered of it f64",
                       DTypeError);
  CHECK(first.item() == before);
  CHECK(momentum.steps() == 1);
}

TEST_CASE("SGD: a momentum that is assigned later begins with the gradient; 0 keeps no buffer") {
  const Tensor w = parameter({0});
  optim::SGD sgd({w}, {.lr = 1});
  const auto step = [&](double gradient) {
    w.set_grad(tensor({gradient}, f64));
    sgd.step();
    return w.item();
  };
  CHECK(step(1) == -1);
  CHECK_FALSE(sgd.state_dict().contains("state.0.momentum_buffer"));
  sgd.group(0).momentum = 0.5;
  CHECK(step(2) == -3);  // V = 2
  CHECK(step(2) == -6);  // V = 3
  sgd.group(0).momentum = 0;
  CHECK(step(4) == -10);  // V stays as it is, as in PyTorch
  sgd.group(0).momentum = 0.5;
  CHECK(step(0) == -11.5);
}

TEST_CASE("options out of their range are refused, also when they were assigned later") {
  const std::vector<Tensor> w{parameter({1})};
  using namespace optim;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto check_refused = [&]<class Optimizer>(const auto& options, const char* text) {
    CHECK_THROWS_WITH_AS(Optimizer(w, options), text, Error);
    Optimizer optimizer(w);
    optimizer.group(0) = options;
    CHECK_THROWS_WITH_AS(optimizer.step(), text, Error);
    CHECK(optimizer.steps() == 0);
  };
  const auto sgd = [&](const SGDOptions& options, const char* text) {
    check_refused.operator()<SGD>(options, text);
  };
  sgd({.lr = -0.1}, "SGD: lr must be at least 0, got -0.1");
  sgd({.lr = nan}, "SGD: lr must be at least 0, got nan");
  sgd({.lr = infinity}, "SGD: lr must be finite, got inf");
  sgd({.weight_decay = -1}, "SGD: weight_decay must be at least 0, got -1");
  sgd({.weight_decay = infinity}, "SGD: weight_decay must be finite, got inf");

  sgd({.momentum = -0.5}, "SGD: momentum must be at least 0, got -0.5");
  sgd({.nesterov = true},
      "SGD: nesterov needs momentum and no dampening, got momentum 0, dampening 0");
  sgd({.momentum = 0.9, .dampening = 0.5, .nesterov = true},
      "SGD: nesterov needs momentum and no dampening, got momentum 0.9, dampening 0.5");
  sgd({.momentum = 1, .moving_average = true},
      "SGD: moving_average needs momentum below 1 and no dampening, got momentum 1, dampening 0");
  sgd({.momentum = 0.9, .nesterov = true, .moving_average = true},
      "SGD: moving_average and nesterov exclude each other");

  const auto adadelta = [&](const AdadeltaOptions& options, const char* text) {
    check_refused.operator()<Adadelta>(options, text);
  };
  adadelta({.lr = -1}, "Adadelta: lr must be at least 0, got -1");
  adadelta({.lr = infinity}, "Adadelta: lr must be finite, got inf");
  adadelta({.rho = -0.1}, "Adadelta: rho must be in [0, 1], got -0.1");
  adadelta({.rho = 1.5}, "Adadelta: rho must be in [0, 1], got 1.5");
  adadelta({.rho = nan}, "Adadelta: rho must be in [0, 1], got nan");
  adadelta({.eps = -1}, "Adadelta: eps must be at least 0, got -1");
  adadelta({.weight_decay = -1}, "Adadelta: weight_decay must be at least 0, got -1");

  const auto adagrad = [&](const AdagradOptions& options, const char* text) {
    check_refused.operator()<Adagrad>(options, text);
  };
  adagrad({.lr = -1}, "Adagrad: lr must be at least 0, got -1");
  adagrad({.lr = infinity}, "Adagrad: lr must be finite, got inf");
  adagrad({.lr_decay = -1}, "Adagrad: lr_decay must be at least 0, got -1");
  adagrad({.weight_decay = -1}, "Adagrad: weight_decay must be at least 0, got -1");
  adagrad({.initial_accumulator_value = -1},
          "Adagrad: initial_accumulator_value must be at least 0, got -1");
  adagrad({.eps = -1}, "Adagrad: eps must be at least 0, got -1");

  const auto rmsprop = [&](const RMSPropOptions& options, const char* text) {
    check_refused.operator()<RMSProp>(options, text);
  };
  rmsprop({.lr = -1}, "RMSProp: lr must be at least 0, got -1");
  rmsprop({.lr = infinity}, "RMSProp: lr must be finite, got inf");
  rmsprop({.alpha = 1}, "RMSProp: alpha must be in [0, 1), got 1");
  rmsprop({.eps = -1}, "RMSProp: eps must be at least 0, got -1");
  rmsprop({.weight_decay = -1}, "RMSProp: weight_decay must be at least 0, got -1");
  rmsprop({.momentum = -1}, "RMSProp: momentum must be at least 0, got -1");

  const auto adam = [&](const AdamOptions& options, const char* text) {
    check_refused.operator()<Adam>(options, text);
  };
  adam({.lr = -1}, "Adam: lr must be at least 0, got -1");
  adam({.lr = infinity}, "Adam: lr must be finite, got inf");
  adam({.betas = {1, 0.5}}, "Adam: betas[0] must be in [0, 1), got 1");
  adam({.betas = {0.5, -0.1}}, "Adam: betas[1] must be in [0, 1), got -0.1");
  adam({.eps = -1e-8}, "Adam: eps must be at least 0, got -1e-08");
  adam({.weight_decay = -1}, "Adam: weight_decay must be at least 0, got -1");
  adam({.nesterov = true, .momentum_decay = -1}, "Adam: momentum_decay must be at least 0, got -1");
}
