#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/tape.h>
#include <engram/io/state_file.h>
#include <engram/nn/layers/dropout.h>
#include <engram/nn/layers/linear.h>
#include <engram/nn/layers/sequential.h>
#include <engram/nn/module.h>

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using namespace engram;

namespace {

struct Net : nn::Module {
  nn::Linear fc1 = add("fc1", nn::Linear(3, 4));
  nn::Linear out = add("out", nn::Linear(4, 2));

  Tensor operator()(const Tensor& x) const { return out(relu(fc1(x))); }
};

/// Parameters, buffers and children, registered in mixed order.
struct Mixed : nn::Module {
  Mixed() : Module("Mixed") {}
  nn::Linear first = add("first", nn::Linear(1, 1));
  Tensor count = add_buffer("count", zeros({}, i64));
  Tensor scale = add_parameter("scale", ones({2}));
  Net net = add("net", Net());
};

/// Makes protected members accessible.
struct Open : nn::Module {
  Open() : Module("Open") {}
  using Module::add, Module::add_buffer, Module::add_parameter;
};

std::vector<std::string> names(const StateDict& state) {
  std::vector<std::string> all;
  for (const auto& entry : state) all.push_back(entry.name);
  return all;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("names and orders are PyTorch's") {
  const Mixed mixed;
  CHECK(names(mixed.named_parameters()) == Names{"scale", "first.weight", "first.bias",
                                                 "net.fc1.weight", "net.fc1.bias", "net.out.weight",
                                                 "net.out.bias"});
  CHECK(names(mixed.named_buffers()) == Names{"count"});
  CHECK(names(mixed.state_dict()) == Names{"scale", "count", "first.weight", "first.bias",
                                           "net.fc1.weight", "net.fc1.bias", "net.out.weight",
                                           "net.out.bias"});
  CHECK(mixed.parameters().size() == 7);
  CHECK(mixed.parameter_count() == 2 + 2 + 12 + 4 + 8 + 2);
  Names modules;
  for (const auto& [name, module] : mixed.named_modules())
    modules.push_back(name + ":" + module.type());
  CHECK(modules ==
        Names{":Mixed", "first:Linear", "net:Module", "net.fc1:Linear", "net.out:Linear"});
}

TEST_CASE("an empty module has nothing and can do everything") {
  const nn::Module module;
  CHECK(module.parameters().empty());
  CHECK(module.parameter_count() == 0);
  CHECK(module.state_dict().empty());
  module.load_state_dict({});
  module.eval();
  module.freeze();
  module.zero_grad();
  CHECK_FALSE(module.is_training());
}

TEST_CASE("a copy of a module shares its parameters") {
  const Net net;
  const Net copy = net;
  CHECK(copy.is(net));
  CHECK(copy.fc1.weight.is(net.fc1.weight));
  CHECK(net.state_dict()["fc1.weight"].is(net.fc1.weight));
  copy.eval();
  CHECK_FALSE(net.out.is_training());
  CHECK_FALSE(Net().is(net));
}

TEST_CASE("what two names share counts once among parameters, and stands twice in the state") {
  Open tied;
  const nn::Linear layer = tied.add("a", nn::Linear(2, 2));
  tied.add("b", layer);
  tied.add_parameter("weight", layer.weight);
  CHECK(names(tied.named_parameters()) == Names{"weight", "a.bias"});
  CHECK(tied.named_modules().size() == 2);
  CHECK(names(tied.state_dict()) == Names{"weight", "a.weight", "a.bias", "b.weight", "b.bias"});
}

TEST_CASE("wrong names are refused") {
  Open open;
  open.add("fc", nn::Linear(1, 1));
  open.add_buffer("mean", ones({1}));
  CHECK_THROWS_WITH_AS(open.add("", nn::Linear(1, 1)), "add: a name in Open is empty", Error);
  CHECK_THROWS_WITH_AS(open.add("a.b", nn::Linear(1, 1)),
                       "add: the name \"a.b\" in Open contains a dot", Error);
  CHECK_THROWS_WITH_AS(open.add("mean", nn::Linear(1, 1)), "add: Open already has a \"mean\"",
                       Error);
  CHECK_THROWS_WITH_AS(open.add_parameter("fc", ones({1})),
                       "add_parameter: Open already has a \"fc\"", Error);
  CHECK_THROWS_WITH_AS(open.add_buffer("mean", ones({1})),
                       "add_buffer: Open already has a \"mean\"", Error);
  CHECK_THROWS_WITH_AS(open.add_parameter("w", ones({1}, i64)),
                       "set_requires_grad: needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(open.add_buffer("b", Tensor()), "StateDict: the tensor \"b\" is undefined",
                       Error);
  CHECK(names(open.state_dict()) == Names{"mean", "fc.weight", "fc.bias"});
}

TEST_CASE("a module cannot contain itself") {
  Open outer, inner;
  CHECK_THROWS_WITH_AS(outer.add("self", outer), "add: \"self\" contains the Open it is added to",
                       Error);
  outer.add("inner", inner);
  CHECK_THROWS_WITH_AS(inner.add("outer", outer), "add: \"outer\" contains the Open it is added to",
                       Error);
}

TEST_CASE("load_state_dict copies values and keeps handles") {
  const Net from, to;
  const Tensor handle = to.fc1.weight;
  to.load_state_dict(from.state_dict());
  CHECK(to.fc1.weight.is(handle));
  CHECK_FALSE(to.fc1.weight.is(from.fc1.weight));
  const Tensor x = ones({2, 3});
  CHECK(std::ranges::equal(from(x).data<float>(), to(x).data<float>()));
  from.fc1.weight.data<float>()[0] += 1;
  CHECK(to.fc1.weight.data<float>()[0] != from.fc1.weight.data<float>()[0]);
  to.load_state_dict(to.state_dict());
}

TEST_CASE("load_state_dict of the module's own tensors under other names") {
  nn::Linear layer(1, 1);
  const Tensor weight = layer.weight, bias = layer.bias;
  weight.data<float>()[0] = 1;
  bias.data<float>()[0] = 2;
  layer.load_state_dict({{"weight", view(bias, {1, 1})}, {"bias", view(weight, {1})}});
  CHECK(weight.data<float>()[0] == 2);
  CHECK(bias.data<float>()[0] == 1);
}

TEST_CASE("load_state_dict lists all that does not fit, and then changes nothing") {
  const Net net;
  const float before = net.fc1.bias.data<float>()[0];
  const StateDict state{{"fc1.weight", ones({4, 2})},
                        {"fc1.bias", full({4}, 7)},
                        {"out.bias", ones({2}, f64)},
                        {"fc2.weight", ones({1})},
                        {"extra", ones({1})}};
  CHECK_THROWS_WITH_AS(net.load_state_dict(state),
                       "load_state_dict: 5 entries do not fit:\n"
                       "  \"fc1.weight\" is (4, 2), expected (4, 3)\n"
                       "  \"out.weight\" is missing\n"
                       "  \"out.bias\" is f64, expected f32\n"
                       "  \"fc2.weight\" is unexpected\n"
                       "  \"extra\" is unexpected",
                       Error);
  CHECK_THROWS_WITH_AS(net.load_state_dict(state, {.strict = false}),
                       "load_state_dict: 2 entries do not fit:\n"
                       "  \"fc1.weight\" is (4, 2), expected (4, 3)\n"
                       "  \"out.bias\" is f64, expected f32",
                       Error);
  CHECK(net.fc1.bias.data<float>()[0] == before);
  net.load_state_dict({{"fc1.bias", full({4}, 7)}, {"extra", ones({1})}}, {.strict = false});
  CHECK(net.fc1.bias.data<float>()[0] == 7);
}

TEST_CASE("train and eval reach all children") {
  const Mixed mixed;
  CHECK(mixed.net.fc1.is_training());
  mixed.eval();
  for (const auto& [name, module] : mixed.named_modules()) CHECK_FALSE(module.is_training());
  mixed.net.train();
  CHECK(mixed.net.fc1.is_training());
  CHECK_FALSE(mixed.first.is_training());
}

TEST_CASE("what is frozen gets no gradient") {
  const Net net;
  net.fc1.freeze();
  CHECK_FALSE(net.fc1.weight.requires_grad());
  CHECK(net.parameters().size() == 4);
  {
    Tape tape;
    tape.backward(sum(net(ones({1, 3}))));
  }
  CHECK_FALSE(net.fc1.weight.grad().defined());
  CHECK(net.out.bias.grad().data<float>()[0] == 1);
  net.zero_grad();
  CHECK_FALSE(net.out.bias.grad().defined());
  net.set_requires_grad();
  CHECK(net.fc1.weight.requires_grad());
}

TEST_CASE("to converts parameters and buffers and keeps handles and integers") {
  const Mixed mixed;
  const Tensor weight = mixed.first.weight;
  weight.data<float>()[0] = 0.5f;
  weight.set_grad(ones({1, 1}));
  mixed.to(f64);
  CHECK(weight.dtype() == f64);
  CHECK(weight.data<double>()[0] == 0.5);
  CHECK(weight.requires_grad());
  CHECK_FALSE(weight.grad().defined());
  CHECK(mixed.count.dtype() == i64);
  CHECK(mixed.net(ones({1, 3}, f64)).dtype() == f64);
  mixed.to(f64);
  CHECK(weight.data<double>()[0] == 0.5);
  CHECK_THROWS_WITH_AS(mixed.to(u8), "to: needs f32 or f64, got u8", DTypeError);
}

TEST_CASE("a state goes through a file") {
  const std::string path = fmt::format("{}/engram-module-{}",
                                       std::filesystem::temp_directory_path().string(), ::getpid());
  const Mixed from, to;
  from.count.data<std::int64_t>()[0] = 42;
  save(from.state_dict(), path);
  to.load_state_dict(load(path));
  std::filesystem::remove(path);
  CHECK(to.count.item() == 42);
  for (const auto& [name, value] : to.state_dict()) {
    CHECK(std::ranges::equal(value.bytes(), from.state_dict()[name].bytes()));
  }
}

TEST_CASE("training a small net decreases the loss") {
  const Net net;
  const Tensor x = tensor({0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1}, {4, 3});
  const Tensor y = tensor({0, 1, 1, 0, 1, 0, 0, 1}, {4, 2});
  std::vector<double> losses;
  for (int step = 0; step < 50; ++step) {
    Tape tape;
    const Tensor loss = mean(square(net(x) - y));
    losses.push_back(loss.item());
    tape.backward(loss);
    for (const Tensor& p : net.parameters()) {
      for (std::size_t i = 0; i < p.data<float>().size(); ++i) {
        p.data<float>()[i] -= 0.1f * p.grad().data<float>()[i];
      }
    }
    net.zero_grad();
  }
  CHECK(losses.back() < 0.7 * losses.front());
}

TEST_CASE("a net is in evaluation mode as long as any eval_mode lives, and trains after the last") {
  const nn::Sequential net(nn::Dropout(0.5));
  const nn::Module layer = net.named_modules()[1].second;
  const auto training = [&] { return std::pair(net.is_training(), layer.is_training()); };
  const std::pair both(true, true), none(false, false);
  {
    std::optional<nn::EvalMode> a(std::in_place, net), b(std::in_place, net);
    a.reset();
    CHECK(training() == none);
    b.reset();
    CHECK(training() == both);
  }
  {  // of a part, and of the whole
    std::optional<nn::EvalMode> part(std::in_place, layer), whole(std::in_place, net);
    part.reset();
    CHECK(training() == none);
    part.emplace(layer);
    whole.reset();
    CHECK(training() == std::pair(true, false));
  }
  CHECK(training() == both);
  {  // train and eval take effect afterwards
    const auto eval = net.eval_mode();
    net.train();
    CHECK(training() == none);
    net.eval();
  }
  CHECK(training() == none);
  net.train();
  CHECK(training() == both);
}

TEST_CASE("eval_mode on several threads at once") {
  const nn::Sequential net(nn::Dropout(0.5));
  const Tensor x = ones({1, 32});
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> team;
    for (int thread = 0; thread < 4; ++thread) {
      team.emplace_back([&] {
        for (int round = 0; round < 2000; ++round) {
          const auto eval = net.eval_mode();
          const Tensor y = net(x);
          wrong += !std::ranges::equal(y.bytes(), x.bytes());
        }
      });
    }
  }
  CHECK(wrong == 0);
  CHECK(net.is_training());
}

TEST_CASE("eval_mode gives every module its own mode back") {
  const nn::Sequential net(nn::Dropout(0.5), nn::Dropout(0.5));
  const auto modules = net.named_modules();
  REQUIRE(modules.size() == 3);
  modules[1].second.eval();
  try {
    const auto eval = net.eval_mode();
    for (const auto& [name, module] : modules) CHECK(!module.is_training());
    throw 1;
  } catch (int) {
  }
  CHECK(modules[0].second.is_training());
  CHECK(!modules[1].second.is_training());
  CHECK(modules[2].second.is_training());
}
