#include <engram/nn/layers/identity.h>

#include <engram/autograd/create.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("Identity: returns its argument, and has no state") {
  const nn::Identity identity;
  const Tensor x = ones({2, 0});
  CHECK(identity(x).is(x));
  CHECK(identity.state_dict().empty());
  CHECK(identity.type() == "Identity");
}
