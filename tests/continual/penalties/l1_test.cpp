#include <engram/engram.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "../../close.h"
#include "../small_network.h"

using namespace engram;
using namespace engram::continual;

namespace {

continual::Task two_classes(int number = 0) {
  return task_of(tensor({1, 2, 3, -1}, {2, 2}, f64), tensor({0, 1}, i64), {0, 2}, number);
}

}  // namespace

TEST_CASE("L1: the penalty and its gradient by hand") {
  const nn::Linear net(2, 2, {.bias = false, .dtype = f64});
  const Tensor w = net.parameters()[0];
  std::ranges::copy(std::vector<double>{1, 2, 3, 4}, w.data<double>().begin());
  const continual::Task task = two_classes();
  L1 method(net, {.lambda = 3});
  const Tensor loss = scalar(7, f64);
  CHECK(method.loss({task, {}, {}}, loss).item() == 7);  // nothing to keep yet

  method.end_task(task);
  w.data<double>()[0] += 2;
  w.data<double>()[3] -= 0.5;
  {
    Tape tape;
    const Tensor total = method.loss({task, {}, {}}, loss);
    CHECK(total.item() == 7 + 3 * (2 + 0.5));
    tape.backward(total * 2);
    check_close(w.grad(), {2 * 3, 0, 0, -2 * 3});
  }
  method.end_task(task);
  CHECK(method.loss({task, {}, {}}, loss).item() == 7);  // around the latest parameters
}

TEST_CASE("L1: a second task leaves parameters where they are, unless the loss pulls harder") {
  const auto same = [](const Tensor& x) { return x; };
  const auto moved = [&](double lambda) {
    const SmallNetwork net = two_layers(2, 2, true, same);
    L1 method(net, {.lambda = lambda});
    optim::SGD sgd(net.parameters(), {.lr = 1e-3});
    train(net, method, sgd, two_classes(), 5);
    const Tensor before = clone(detach(net.tensors[0]));
    train(net, method, sgd, two_classes(1), 50);
    return distance(net.tensors[0], before);
  };
  CHECK(moved(100) <= 2e-3 * 100);  // no farther than the steps that pull it back
  CHECK(moved(1e-3) > 1e-3);
  CHECK(moved(0.01) < moved(0));
}

TEST_CASE("L1: its state, and a sequence that is taken up again") {
  const auto tanh_of = [](const Tensor& x) { return tanh(x); };
  const SmallNetwork net = two_layers(2, 2, true, tanh_of), again = two_layers(2, 2, true, tanh_of);
  L1 method(net), other(again);
  CHECK(method.state_dict()["L1.tasks"].item() == 0);
  optim::SGD sgd(net.parameters(), {.lr = 0.1}), other_sgd(again.parameters(), {.lr = 0.1});
  train(net, method, sgd, two_classes(), 3);
  CHECK(method.state_bytes() == 8 * (10 + 5 + 10 + 2) + 8);

  other.load_state_dict(method.state_dict());
  for (std::size_t k = 0; k < net.tensors.size(); ++k) {
    std::ranges::copy(net.tensors[k].bytes(), again.tensors[k].bytes().begin());
  }
  train(net, method, sgd, two_classes(1), 3);
  train(again, other, other_sgd, two_classes(1), 3);
  for (std::size_t k = 0; k < net.tensors.size(); ++k) {
    CHECK(distance(net.tensors[k], again.tensors[k]) == 0);
  }
}

TEST_CASE("L1: mistakes are named") {
  const nn::Linear net(2, 3);
  const continual::Task task = two_classes();
  CHECK_THROWS_WITH_AS(L1(net, {.lambda = -1}), "L1: lambda must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(L1(net, {.lambda = std::numeric_limits<double>::quiet_NaN()}),
                       "L1: lambda must be at least 0, got nan", Error);
  L1 method(net);
  method.end_task(task);
  net.parameters()[1].set_data(zeros({1}));
  CHECK_THROWS_WITH_AS(method.loss({task, {}, {}}, scalar(0)),
                       "L1: parameter 1 is (1,), but was (3,)", ShapeError);
  CHECK_THROWS_WITH_AS(method.end_task(task), "L1: parameter 1 is (1,), but was (3,)", ShapeError);
}
