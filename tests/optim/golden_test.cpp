#include <doctest/doctest.h>
#include <engram/autograd/create.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/tape.h>
#include <engram/optim/adadelta.h>
#include <engram/optim/adagrad.h>
#include <engram/optim/adam.h>
#include <engram/optim/rmsprop.h>
#include <engram/optim/sgd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

using namespace engram;
using nlohmann::json;

// The trainings of golden/optimizers.py, repeated, against PyTorch's results.
namespace {

void assign(const json& from, optim::SGDOptions& o) {
  o.lr = from.value("lr", o.lr);
  o.momentum = from.value("momentum", o.momentum);
  o.dampening = from.value("dampening", o.dampening);
  o.weight_decay = from.value("weight_decay", o.weight_decay);
  o.nesterov = from.value("nesterov", o.nesterov);
  o.maximize = from.value("maximize", o.maximize);
}

void assign(const json& from, optim::AdadeltaOptions& o) {
  o.lr = from.value("lr", o.lr);
  o.rho = from.value("rho", o.rho);
  o.eps = from.value("eps", o.eps);
  o.weight_decay = from.value("weight_decay", o.weight_decay);
  o.maximize = from.value("maximize", o.maximize);
}

void assign(const json& from, optim::AdagradOptions& o) {
  o.lr = from.value("lr", o.lr);
  o.lr_decay = from.value("lr_decay", o.lr_decay);
  o.weight_decay = from.value("weight_decay", o.weight_decay);
  o.initial_accumulator_value =
      from.value("initial_accumulator_value", o.initial_accumulator_value);
  o.eps = from.value("eps", o.eps);
  o.maximize = from.value("maximize", o.maximize);
}

void assign(const json& from, optim::RMSPropOptions& o) {
  o.lr = from.value("lr", o.lr);
  o.alpha = from.value("alpha", o.alpha);
  o.eps = from.value("eps", o.eps);
  o.weight_decay = from.value("weight_decay", o.weight_decay);
  o.momentum = from.value("momentum", o.momentum);
  o.centered = from.value("centered", o.centered);
  o.maximize = from.value("maximize", o.maximize);
}

void assign(const json& from, optim::AdamOptions& o) {
  o.lr = from.value("lr", o.lr);
  o.betas = from.value("betas", o.betas);
  o.eps = from.value("eps", o.eps);
  o.weight_decay = from.value("weight_decay", o.weight_decay);
  o.momentum_decay = from.value("momentum_decay", o.momentum_decay);
  o.amsgrad = from.value("amsgrad", o.amsgrad);
  o.maximize = from.value("maximize", o.maximize);
}

struct Network {
  Tensor w1, b1, w2, b2;

  explicit Network(const std::vector<double>& start) {
    auto next = start.begin();
    const auto take = [&](const Shape& shape) {
      const std::vector<double> values(next, next + shape.numel());
      next += shape.numel();
      Tensor p = tensor(values, shape);
      p.set_requires_grad();
      return p;
    };
    w1 = take({4, 3}), b1 = take({4}), w2 = take({2, 4}), b2 = take({2});
  }

  std::vector<double> values() const {
    std::vector<double> all;
    for (const Tensor& p : {w1, b1, w2, b2}) {
      std::ranges::copy(p.data<double>(), std::back_inserter(all));
    }
    return all;
  }
};

template <class Optimizer, class Options>
std::unique_ptr<optim::Optimizer> make(const json& golden, const Network& net, Options options) {
  assign(golden.at("options"), options);
  if (golden.at("second").is_null()) {
    return std::make_unique<Optimizer>(std::vector{net.w1, net.b1, net.w2, net.b2}, options);
  }
  auto optimizer = std::make_unique<Optimizer>(std::vector{net.w1, net.w2}, options);
  assign(golden.at("second"), optimizer->add_group({net.b1, net.b2}));
  return optimizer;
}

std::unique_ptr<optim::Optimizer> make(const json& golden, const Network& net) {
  const std::string kind = golden.at("optimizer");
  if (kind == "SGD") return make<optim::SGD>(golden, net, optim::SGDOptions());
  if (kind == "Adadelta") return make<optim::Adadelta>(golden, net, optim::AdadeltaOptions());
  if (kind == "Adagrad") return make<optim::Adagrad>(golden, net, optim::AdagradOptions());
  if (kind == "RMSProp") return make<optim::RMSProp>(golden, net, optim::RMSPropOptions());
  if (kind == "Adam" || kind == "AdamW" || kind == "NAdam") {
    return make<optim::Adam>(
        golden, net, optim::AdamOptions{.decoupled = kind == "AdamW", .nesterov = kind == "NAdam"});
  }
  FAIL(kind << " has cases in tests/golden/optimizers.json, but is not made here: add an assign() "
               "for its options and a branch to make()");
  return nullptr;
}

}  // namespace

TEST_CASE("every optimizer follows PyTorch's over 1,000 steps") {
  std::ifstream file(ENGRAM_SOURCE_DIR "/tests/golden/optimizers.json");
  REQUIRE(file);
  const json golden = json::parse(file);
  const auto numbers = [&](const char* key) { return golden.at(key).get<std::vector<double>>(); };
  const int batches = 4;
  const Tensor x = tensor(numbers("x"), {batches, 6, 3}), y = tensor(numbers("y"), {batches, 6, 2});

  for (const json& each : golden.at("cases")) {
    const std::string name = each.at("name");
    CAPTURE(name);
    const Network net(numbers("start"));
    const std::unique_ptr<optim::Optimizer> optimizer = make(each, net);
    const bool sometimes = each.at("sometimes"), maximize = each.at("options").contains("maximize");
    for (int step = 1; step <= 1000; ++step) {
      const int batch = (step - 1) % batches;
      {
        Tape tape;
        const Tensor in = view(x, {6, 3}, batch * 18), wanted = view(y, {6, 2}, batch * 12);
        const bool with_b2 = !sometimes || step % 3 == 0;
        const Tensor out =
            linear(tanh(linear(in, net.w1, net.b1)), net.w2, with_b2 ? net.b2 : Tensor());
        const Tensor loss = mean(square(out - wanted));
        tape.backward(maximize ? -loss : loss);
      }
      optimizer->step();
      optimizer->zero_grad();
      if (step == 500) {
        for (std::size_t k = 0; k < optimizer->group_count(); ++k) optimizer->lr(k) /= 2;
      }
      const auto at = each.at("at").find(std::to_string(step));
      if (at == each.at("at").end()) continue;
      CAPTURE(step);
      const std::vector<double> values = net.values(), theirs = *at;
      REQUIRE(values.size() == theirs.size());
      double worst = 0;  // relative, but for values near 0
      for (std::size_t i = 0; i < values.size(); ++i) {
        worst =
            std::max(worst, std::abs(values[i] - theirs[i]) / std::max(std::abs(theirs[i]), 0.01));
      }
      CHECK(worst < 1e-11);
    }
  }
}
