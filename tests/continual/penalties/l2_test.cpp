#include <engram/engram.h>

#include <doctest/doctest.h>

#include "../../close.h"

using namespace engram;
using namespace engram::continual;

namespace {

continual::Task two_classes(int number = 0) {
  const data::Dataset dataset(tensor({1, 2, 3, -1}, {2, 2}), tensor({0, 1}, i64));
  return {number, "two", dataset, dataset, {0, 2}};
}

}  // namespace

TEST_CASE("L2: the penalty and its gradient by hand") {
  const nn::Linear net(2, 2, {.bias = false, .dtype = f64});
  const Tensor w = net.parameters()[0];
  std::ranges::copy(std::vector<double>{1, 2, 3, 4}, w.data<double>().begin());
  const continual::Task task = two_classes();
  L2 method(net, {.lambda = 3});
  const Tensor loss = scalar(7, f64);
  CHECK(method.loss({task, {}, {}}, loss).item() == 7);  // no earlier task

  method.end_task(task);
  w.data<double>()[0] += 2;
  w.data<double>()[3] -= 1;
  Tape tape;
  const Tensor total = method.loss({task, {}, {}}, loss);
  CHECK(total.item() == 7 + 0.5 * 3 * (4 + 1));
  tape.backward(total * 2);
  check_close(w.grad(), {2 * 3 * 2, 0, 0, 2 * 3 * -1});
}

TEST_CASE("L2: its state") {
  const nn::Linear net(2, 2);
  const continual::Task task = two_classes();
  L2 method(net, {.lambda = 3}), other(net, {.lambda = 3});
  method.end_task(task);
  net.parameters()[1].data<float>()[0] += 1;
  CHECK(method.state_bytes() == 4 * (4 + 2) + 8);
  other.load_state_dict(method.state_dict());
  const Tensor loss = scalar(0);
  CHECK(other.loss({task, {}, {}}, loss).item() == 1.5);

  CHECK_THROWS_WITH_AS(L2(net, {.lambda = -1}), "L2: lambda must be at least 0, got -1", Error);
}
