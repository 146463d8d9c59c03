#include "optimizers/surface.h"

#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/tape.h>

namespace engram::examples::study {
namespace {

Tensor bowl(const Tensor& x, const Tensor& y) { return 0.5 * square(x) + 10 * square(y); }

Tensor rosenbrock(const Tensor& x, const Tensor& y) {
  return square(1 - x) + 100 * square(y - square(x));
}

Tensor beale(const Tensor& x, const Tensor& y) {
  return square(1.5 - x + x * y) + square(2.25 - x + x * square(y)) +
         square(2.625 - x + x * y * square(y));
}

Tensor saddle(const Tensor& x, const Tensor& y) {
  return square(x) - square(y) + 0.25 * square(square(y));
}

constexpr double sqrt2 = 1.4142135623730951;

const Surface known[] = {{.name = "bowl",
                          .title = "An elongated bowl, noisy gradients",
                          .formula = "x^2/2 + 10 y^2",
                          .function = bowl,
                          .start = {-4, 0.9},
                          .minima = {{{0, 0}, {0, 0}}},
                          .low = {-4.6, -1.3},
                          .high = {1.4, 1.3},
                          .noise = 1,
                          .common_rate = 0.09,
                          .steps = 60},
                         {.name = "rosenbrock",
                          .title = "Rosenbrock's valley",
                          .formula = "(1-x)^2 + 100 (y-x^2)^2",
                          .function = rosenbrock,
                          .start = {-1.2, 1},
                          .minima = {{{1, 1}, {1, 1}}},
                          .low = {-2, -1},
                          .high = {2, 3},
                          .noise = 1,
                          .common_rate = 0,
                          .steps = 300},
                         {.name = "beale",
                          .title = "Beale's function",
                          .formula = "(1.5-x+xy)^2 + (2.25-x+xy^2)^2 + (2.625-x+xy^3)^2",
                          .function = beale,
                          .start = {0.8, -0.7},
                          .minima = {{{3, 0.5}, {3, 0.5}}},
                          .low = {-0.5, -1.5},
                          .high = {4.5, 1.8},
                          .noise = 0.5,
                          .common_rate = 0,
                          .steps = 200},
                         {.name = "saddle",
                          .title = "A saddle between two valleys",
                          .formula = "x^2 - y^2 + y^4/4",
                          .function = saddle,
                          .start = {-1.6, 0.01},
                          .minima = {{{0, sqrt2}, {0, -sqrt2}}},
                          .low = {-1.9, -1.9},
                          .high = {1.1, 1.9},
                          .noise = 0.1,
                          .common_rate = 0,
                          .steps = 100}};

}  // namespace

std::span<const Surface> surfaces() { return known; }

Slope slope(const Surface& surface, const Vector2& at) {
  const Tensor x = tensor({at[0]}, f64), y = tensor({at[1]}, f64);
  x.set_requires_grad();
  y.set_requires_grad();
  Tape tape;
  const Tensor value = sum(surface.function(x, y));
  tape.backward(value);
  return {value.item(), {x.grad().item(), y.grad().item()}};
}

}  // namespace engram::examples::study
