#include "../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/nn/linear.h>
#include <engram/nn/sequential.h>

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
