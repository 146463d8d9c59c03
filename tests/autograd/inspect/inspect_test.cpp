#include <doctest/doctest.h>
#include <engram/engram.h>

#include <limits>
#include <thread>

using namespace engram;

namespace {

struct Net : nn::Module {
  nn::Linear fc = add("fc", nn::Linear(3, 2));
  nn::Linear out = add("out", nn::Linear(2, 2, {.bias = false}));

  Tensor operator()(const Tensor& x) const { return out(relu(fc(x))); }
};

}  // namespace

TEST_CASE("to_string: names, inputs and shapes of a tape") {
  const Net net;
  Tape tape;
  CHECK(to_string(tape) == "");
  cross_entropy(net(ones({4, 3})), tensor({0, 1, 1, 0}, i64));
  CHECK(to_string(tape, net.named_parameters()) ==
        "0  linear         · fc.weight fc.bias -> (4, 2)\n"
        "1  relu           0 -> (4, 2)\n"
        "2  linear         1 out.weight · -> (4, 2)\n"
        "3  cross_entropy  2 · · -> ()\n");
  CHECK(to_string(tape).starts_with("0  linear         · f32(2, 3) f32(2,) -> (4, 2)\n"));
}

TEST_CASE("to_dot: a leaf that is used twice is one node, and names are quoted") {
  const Tensor x = tensor({2});
  x.set_requires_grad();
  Tape tape;
  square(x) + x;
  StateDict names;
  names.add("a \"b\\", x);
  CHECK(to_dot(tape, names) ==
        "digraph tape {\n"
        "  node [shape=box]\n"
        "  op0 [label=\"square (1,)\"]\n"
        "  leaf0 [label=\"a \\\"b\\\\\", shape=ellipse]\n"
        "  op1 [label=\"add (1,)\"]\n"
        "  leaf0 -> op0\n"
        "  op0 -> op1\n"
        "  leaf0 -> op1\n"
        "}\n");
}

TEST_CASE("FiniteCheck: names the operation, the place and the parameters before it") {
  const Net net;
  const FiniteCheck check(net.named_parameters());
  const Tensor y = net(ones({4, 3}));
  CHECK_THROWS_WITH_AS(
      log(y - y),
      "FiniteCheck: log gave -inf at (0, 0) of its output (4, 2), from inputs (4, 2); the last "
      "parameters used were out.weight",
      Error);
  net.fc.bias.mutable_data<float>()[1] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH_AS(net(ones({4, 3})),
                       "FiniteCheck: linear gave inf at (0, 1) of its output (4, 2), from inputs "
                       "(4, 3), (2, 3), (2,); the last parameters used were fc.weight and fc.bias",
                       Error);
  const FiniteCheck nameless;
  CHECK_THROWS_WITH_AS(1 / zeros({1}),
                       "FiniteCheck: div gave inf at (0,) of its output (1,), from inputs (), (1,)",
                       Error);
}

TEST_CASE("FiniteCheck: in the backward, of what operation") {
  const Tensor x = tensor({0, 4});
  x.set_requires_grad();
  Tape tape;
  const FiniteCheck check;
  const Tensor y = sum(sqrt(x));
  CHECK_THROWS_WITH_AS(
      tape.backward(y),
      "FiniteCheck: the backward of sqrt gave inf at (0,) of the gradient (2,) of its input 0",
      Error);
  exp(x);  // not reported as part of the backward that threw
}

TEST_CASE("OperationTimes: calls and times of each operation, the longest first") {
  const Net net;
  OperationTimes times;
  CHECK(times.table() == "operation     calls  forward ms  backward ms  share\n");
  for (int step = 0; step < 3; ++step) {
    Tape tape;
    const Tensor loss = sum(net(ones({64, 3})));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    times.start();
    tape.backward(loss);
  }
  std::int64_t calls = 0;
  double seconds = 0, before = 1e9;
  for (const auto& row : times.rows()) {
    CHECK(row.forward + row.backward <= before);
    before = row.forward + row.backward;
    seconds += before;
    calls += row.calls;
    CHECK((row.operation == "linear" || row.operation == "relu" || row.operation == "sum"));
    CHECK(row.calls == (row.operation == "linear" ? 6 : 3));
    CHECK(row.forward > 0);
    CHECK(row.backward > 0);
  }
  CHECK(calls == 12);
  CHECK(seconds < 0.06);  // without the time before `start`
  CHECK(times.table().find("linear") != std::string::npos);
}
