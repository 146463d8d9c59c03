#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/nn/layers/flatten.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("Flatten joins all axes but the batch's") {
  CHECK(nn::Flatten()(ones({2, 3, 4, 5})).shape() == Shape{2, 60});
  CHECK(nn::Flatten()(ones({0, 3, 4})).shape() == Shape{0, 12});
  CHECK(nn::Flatten()(ones({2, 3})).shape() == Shape{2, 3});
  CHECK(nn::Flatten(0, 1)(ones({2, 3, 4})).shape() == Shape{6, 4});
  CHECK_THROWS_WITH_AS(nn::Flatten()(ones({2})), "axis 1 is out of range for shape (2,)",
                       ShapeError);
}
