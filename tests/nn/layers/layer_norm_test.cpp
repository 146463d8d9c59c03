#include "../../close.h"

#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/tape.h>
#include <engram/nn/layers/layer_norm.h>

#include <doctest/doctest.h>

using namespace engram;

TEST_CASE("LayerNorm has PyTorch's values") {
  const nn::LayerNorm layer({2, 2}, {.dtype = f64});
  check_close(layer.weight, {1, 1, 1, 1}, 2e-6);
  check_close(layer.bias, {0, 0, 0, 0}, 2e-6);
  layer.load_state_dict({{"weight", tensor({1, 2, 3, 4}, {2, 2}, f64)},
                         {"bias", tensor({0, 1, 0, -1}, {2, 2}, f64)}});
  const Tensor x = tensor({1, 2, 3, 5, 0, -1, 0, 1}, {2, 2, 2}, f64);
  Tape tape;
  const Tensor y = layer(x);
  check_close(y, {-1.183213, -0.01418279, 0.5070914, 5.085097, 0, -1.828399, 0, 4.656798}, 2e-6);
  tape.backward(sum(y));
  check_close(layer.bias.grad(), {2, 2, 2, 2}, 2e-6);
  check_close(layer.weight.grad(), {-1.183213, -1.921291, 0.1690305, 2.935474}, 2e-6);
}

TEST_CASE("LayerNorm without weight and bias, and of wrong shapes") {
  const nn::LayerNorm layer({3}, {.elementwise_affine = false});
  CHECK(layer.parameters().empty());
  check_close(sum(layer(tensor({1, 2, 6}, {1, 3}))), {0}, 2e-6);
  CHECK_THROWS_AS(layer(ones({3, 2})), ShapeError);
}
