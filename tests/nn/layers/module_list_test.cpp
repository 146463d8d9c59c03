#include <engram/nn/layers/module_list.h>

#include <engram/autograd/error.h>
#include <engram/nn/layers/linear.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("ModuleList: names its modules by their places, and shares them with its handles") {
  nn::ModuleList<nn::Linear> list;
  CHECK(list.size() == 0);
  CHECK(list.begin() == list.end());
  const nn::ModuleList<nn::Linear> handle = list;
  list.append(nn::Linear(2, 3)).append(nn::Linear(3, 1, {.bias = false}));
  CHECK(handle.size() == 2);
  CHECK(handle.state_dict().contains("1.weight"));
  CHECK_FALSE(handle.state_dict().contains("1.bias"));
  CHECK(handle[0].weight.shape() == Shape{3, 2});
  std::int64_t outputs = 0;
  for (const nn::Linear& layer : handle) outputs += layer.weight.size(0);
  CHECK(outputs == 4);
  CHECK_THROWS_WITH_AS(handle[2], "ModuleList: there is no module 2, there are 2", Error);
}
