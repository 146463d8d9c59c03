#include "../../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/nn/layers/linear.h>
#include <engram/nn/layers/sequential.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("Sequential calls modules, functions and lambdas in order") {
  const nn::Linear double_it(1, 1);
  double_it.load_state_dict({{"weight", full({1, 1}, 2)}, {"bias", zeros({1})}});
  const nn::Sequential net(
      double_it, relu, [](const Tensor& x) { return x - 1; }, double_it);
  CHECK(net.size() == 4);
  check_close(net(tensor({-1, 3}, {2, 1})), {-2, 10}, 2e-6);
}

TEST_CASE("Sequential without layers returns its input") {
  const Tensor x = ones({2});
  CHECK(nn::Sequential()(x).is(x));
}

TEST_CASE("Sequential gives its layers back") {
  const nn::Linear linear(2, 3);
  const nn::Sequential net(linear, relu, nn::Sequential(nn::Linear(3, 1)));
  CHECK(net[0].as<nn::Linear>().is(linear));
  CHECK(net[2].as<nn::Sequential>()[0].as<nn::Linear>().weight.shape() == Shape{1, 3});
  check_close(net[1](tensor({-1, 2})), {0, 2});
  std::size_t count = 0;
  for (const nn::AnyLayer& layer : net) count += layer(ones({1, count == 2 ? 3 : 2})).defined();
  CHECK(count == 3);
  CHECK(nn::Sequential(net[1], net[0]).state_dict().contains("1.weight"));
  CHECK_THROWS_WITH_AS(net[3], "Sequential: there is no layer 3, there are 3", Error);
  CHECK_THROWS_WITH_AS(net[0].as<nn::Sequential>(),
                       "as: the layer is a Linear, not of the type that was asked for", Error);
  CHECK_THROWS_WITH_AS(net[1].as<nn::Linear>(),
                       "as: the layer is a function, not of the type that was asked for", Error);
}

TEST_CASE("a Sequential of another one has PyTorch's names") {
  const nn::Sequential inner(nn::Linear(1, 1));
  const nn::Sequential outer = nn::Sequential().append(inner);
  std::vector<std::string> names;
  for (const auto& entry : outer.state_dict()) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"0.0.weight", "0.0.bias"});
  CHECK_FALSE(outer.is(inner));
  CHECK(outer.size() == 1);
  CHECK(nn::Sequential().append(outer).state_dict().contains("0.0.0.weight"));
  const Tensor x = ones({1, 1});
  CHECK(outer(x).item() == inner(x).item());
}

TEST_CASE("append adds for all handles of a Sequential") {
  nn::Sequential net(nn::Linear(2, 3));
  const nn::Sequential other = net;
  net.append(relu).append(nn::Linear(3, 1));
  CHECK(other.size() == 3);
  CHECK(other.state_dict().contains("2.weight"));
  CHECK(other(ones({1, 2})).shape() == Shape{1, 1});
  CHECK_THROWS_WITH_AS(net.append(nn::Sequential(relu, net)),
                       "add: \"3\" contains the Sequential it is added to", Error);
  CHECK(net.size() == 3);
}

TEST_CASE("Sequential names its modules by their places") {
  nn::Sequential net(nn::Linear(2, 3), relu, nn::Sequential(nn::Linear(3, 1, {.bias = false})));
  std::vector<std::string> names;
  for (const auto& entry : net.state_dict()) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"0.weight", "0.bias", "2.0.weight"});

  const nn::Sequential copy = net;  // of a variable that is not const: no new Sequential around it
  CHECK(copy.is(net));
  CHECK(copy.size() == 3);
  net.eval();
  CHECK_FALSE(copy.is_training());
}
