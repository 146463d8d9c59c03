#include "../../close.h"

#include <engram/autograd/create.h>
#include <engram/nn/layers/pool.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("pooling layers have PyTorch's values and defaults") {
  const Tensor x = tensor({0, 5, 10, 2, 7, 12, 4, 9, 1, 6, 11, 3, 8, 0, 5, 10}, {1, 1, 4, 4});
  check_close(nn::MaxPool2d(2)(x), {12, 10, 8, 11}, 2e-6);
  check_close(nn::MaxPool2d(3, {.stride = 1, .padding = 1})(x),
              {12, 12, 12, 10, 12, 12, 12, 11, 12, 12, 12, 11, 8, 11, 11, 11}, 2e-6);
  check_close(nn::AvgPool2d(2)(x), {6, 6.25, 3.75, 7.25}, 2e-6);
  check_close(nn::AvgPool2d({2, 3}, {.stride = 2, .padding = {1, 0}})(x), {2.5, 6.833333, 2.166667},
              2e-6);
  check_close(
      nn::AvgPool2d({2, 3}, {.stride = 2, .padding = {1, 0}, .count_include_pad = false})(x),
      {5, 6.833333, 4.333333}, 2e-6);
  check_close(nn::AdaptiveAvgPool2d({1, 3})(x), {4.875, 6.625, 6.75}, 2e-6);
  CHECK(nn::AdaptiveAvgPool2d(1)(ones({2, 3, 5, 7})).shape() == Shape{2, 3, 1, 1});
}

TEST_CASE("pooling layers pass dilation and ceil mode on") {
  const Tensor x = ones({1, 1, 5, 5});
  CHECK(nn::MaxPool2d(2)(x).shape() == Shape{1, 1, 2, 2});
  CHECK(nn::MaxPool2d(2, {.ceil_mode = true})(x).shape() == Shape{1, 1, 3, 3});
  CHECK(nn::MaxPool2d(2, {.stride = 1, .dilation = 3})(x).shape() == Shape{1, 1, 2, 2});
  CHECK(nn::AvgPool2d(2, {.ceil_mode = true})(x).shape() == Shape{1, 1, 3, 3});
  CHECK(nn::MaxPool2d(2).state_dict().empty());
}
