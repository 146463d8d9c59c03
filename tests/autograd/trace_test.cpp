#include <doctest/doctest.h>
#include <engram/engram.h>

#include <memory>
#include <string>
#include <thread>

#include "operations.h"

using namespace engram;

namespace {

std::string names(const Trace& trace) {
  std::string all;
  for (const Operation& operation : trace.operations()) all += std::string(operation.name) + " ";
  return all;
}

}  // namespace

TEST_CASE("Trace: every operation tells its inputs and its output, recorded or not") {
  for (const test::OperationCase& operation : test::operations()) {
    CAPTURE(operation.name);
    Trace trace;
    const Tensor y = operation.f(operation.inputs);
    REQUIRE(!trace.operations().empty());
    const Operation& last = trace.operations().back();
    CHECK((last.output.is(y) || last.output.shape() == y.shape()));
    // The trace has no gaps: the inputs of the case are found among those of the operations.
    for (const Tensor& input : operation.inputs) {
      if (!input.defined()) continue;
      bool found = false;
      for (const Operation& each : trace.operations()) {
        for (const Tensor& used : each.inputs) found |= used.is(input);
      }
      CHECK(found);
    }
  }
}

TEST_CASE("Trace: names, attributes, inputs and output, in order") {
  const Tensor x = ones({1, 2, 4, 4}), w = ones({3, 2, 3, 3});
  const Trace trace;
  const Tensor y = max_pool2d(conv2d(x, w, {}, {.padding = {1, 0}}), {.kernel = 2});
  REQUIRE(names(trace) == "conv2d max_pool2d ");
  const Operation& conv = trace.operations()[0];
  CHECK(conv.inputs[0].is(x));
  CHECK(conv.inputs[1].is(w));
  CHECK_FALSE(conv.inputs[2].defined());
  CHECK(conv.attribute<Size2d>("padding") == Size2d{1, 0});
  CHECK(conv.attribute<std::int64_t>("groups") == 1);
  CHECK(trace.operations()[1].inputs[0].is(conv.output));
  CHECK(trace.operations()[1].output.is(y));
  CHECK(trace.operations()[1].attribute<Size2d>("stride") == Size2d(2));
  CHECK_FALSE(trace.operations()[1].attribute<bool>("ceil_mode"));
  CHECK_THROWS_WITH_AS(conv.attribute<double>("groups"),
                       "conv2d: it has no attribute groups of the type that is asked for", Error);
}

TEST_CASE("Trace: what records nothing is told too, what an operation is made of is not") {
  const Tensor x = tensor({1, 3, 2});
  const Trace trace;
  argmax(x, 0);
  x > 1.5;
  one_hot(tensor({0, 1}, i64), 2);
  where(x > 1.5, x, 0);  // expands inside
  all(x > 1.5 || !(x > 2));
  logsumexp(x, {0});  // composed of operations, not one itself
  cross_entropy(reshape(x, {1, 3}), tensor({2}, i64));
  CHECK(names(trace) ==
        "argmax < one_hot < where < < ! || all max clamp sub exp sum log add reshape reshape "
        "cross_entropy ");
}

TEST_CASE("Trace: the operations of a backward pass are told as well") {
  const Tensor x = tensor({2});
  x.set_requires_grad();
  Tape tape;
  const Trace trace;
  tape.backward(x * x);
  CHECK(names(trace).starts_with("mul mul mul "));
}

TEST_CASE(
    "Listener: all of this thread hear, the innermost first, and not what they do themselves") {
  struct Counter : Listener {
    std::vector<int>* heard;
    int number;

    Counter(std::vector<int>* events, int n) : heard(events), number(n) {}
    void computed(const Operation& operation) override {
      heard->push_back(number);
      exp(operation.output);
    }
  };
  const Tensor x = tensor({1});
  std::vector<int> heard;
  auto outer = std::make_unique<Counter>(&heard, 1);
  {
    const Counter inner(&heard, 2);
    exp(x);
    std::thread([&] { exp(x); }).join();
    CHECK(heard == std::vector<int>{2, 1});
    outer.reset();  // in any order
    exp(x);
    CHECK(heard == std::vector<int>{2, 1, 2});
  }
  CHECK_FALSE(Listener::any());
}

TEST_CASE("Listener: of a backward, its name and the gradients that were wanted") {
  struct Backwards : Listener {
    std::vector<std::string> events;

    void backward_begins(const char* name) override { events.push_back(name); }
    void backward_ends(const char* name, std::span<const Tensor> gradients) override {
      for (const Tensor& each : gradients) {
        events.push_back(each.defined() ? fmt::format("{} {}", name, each.item()) : "none");
      }
    }
  };
  const Tensor a = tensor({2}), b = tensor({3});
  a.set_requires_grad();
  Tape tape;
  const Tensor y = a * b;
  Backwards heard;
  tape.backward(y);
  CHECK(heard.events == std::vector<std::string>{"mul", "mul 3", "none"});
}

TEST_CASE("Listener: an exception of one leaves the others listening") {
  struct Thrower : Listener {
    void computed(const Operation&) override { throw Error("enough"); }
  };
  const Tensor x = tensor({1});
  const Trace trace;
  {
    const Thrower thrower;
    CHECK_THROWS_WITH_AS(exp(x), "enough", Error);
  }
  exp(x);
  CHECK(names(trace) == "exp ");
}
