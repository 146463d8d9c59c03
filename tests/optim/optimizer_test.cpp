#include <engram/autograd/create.h>
#include <engram/optim/adagrad.h>
#include <engram/optim/adam.h>
#include <engram/optim/momentum.h>
#include <engram/optim/rmsprop.h>
#include <engram/optim/sgd.h>

#include <doctest/doctest.h>

using namespace engram;

namespace {

Tensor parameter(std::initializer_list<double> values) {
  Tensor p = tensor(values, f64);
  p.set_requires_grad();
  return p;
}

}  // namespace

TEST_CASE("a step moves parameters against their gradients") {
  const Tensor w = parameter({1, 2}), b = parameter({3});
  optim::SGD sgd({w, b}, {.lr = 0.5});
  w.set_grad(tensor({1, -1}, f64));
  sgd.step();
  CHECK(w.data<double>()[0] == 0.5);
  CHECK(w.data<double>()[1] == 2.5);
  CHECK(b.item() == 3);  // has no gradient
  sgd.zero_grad();
  CHECK_FALSE(w.grad().defined());
  sgd.step();
  CHECK(w.data<double>()[0] == 0.5);
  CHECK(sgd.steps() == 2);
}

TEST_CASE("groups start with the options of the constructor and are changed by assignment") {
  const Tensor a = parameter({1}), b = parameter({1}), c = parameter({1});
  optim::SGD sgd({std::vector{a}, std::vector{b}}, {.lr = 0.5});
  sgd.group(1).lr = 0.25;
  sgd.add_group({c}).lr = 0.125;
  optim::Optimizer& base = sgd;
  CHECK(base.group_count() == 3);
  CHECK(base.lr() == 0.5);
  CHECK(base.lr(2) == 0.125);
  base.lr(0) = 1;
  for (const Tensor& p : {a, b, c}) p.set_grad(tensor({1}, f64));
  sgd.step();
  CHECK(a.item() == 0);
  CHECK(b.item() == 0.75);
  CHECK(c.item() == 0.875);
}
