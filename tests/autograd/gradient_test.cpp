#include <doctest/doctest.h>
#include <engram/autograd/ops/copy.h>
#include <engram/engram.h>

#include <cmath>

#include "values.h"

// `Tape::gradient`, and custom sinks.
using namespace engram;

TEST_CASE("gradient: leaves .grad() alone and follows the order of x") {
  const Tensor a = tensor({2}, f64), b = tensor({5}, f64);
  a.set_requires_grad();
  b.set_requires_grad();
  Tape tape;
  const std::vector<Tensor> gradients = tape.gradient(a * b, {b, a, b});
  CHECK(gradients[0].item() == 2);
  CHECK(gradients[1].item() == 5);
  CHECK(gradients[2].item() == 2);
  CHECK_FALSE(a.grad().defined());
}

TEST_CASE("gradient: of tensors in between, at any distance, and of y itself") {
  const Tensor x = tensor({3}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor near_x = square(x);
  const Tensor middle = near_x * 2;
  const Tensor y = exp(log(sqrt(middle)));
  const std::vector<Tensor> gradients = tape.gradient(y, {near_x, y, middle, x});
  CHECK(gradients[0].item() == doctest::Approx(std::sqrt(2) / 6));
  CHECK(gradients[1].item() == 1);
  CHECK(gradients[2].item() == doctest::Approx(1 / (2 * std::sqrt(18))));
  CHECK(gradients[3].item() == doctest::Approx(std::sqrt(2)));
}

TEST_CASE("gradient: of a tensor in between alone") {
  const Tensor x = tensor({3}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor middle = square(x);
  const Tensor y = exp(log(sqrt(middle)));
  CHECK(tape.gradient(y, {middle})[0].item() == doctest::Approx(1.0 / 6));
}

TEST_CASE("gradient: what y does not depend on is an error, or undefined") {
  const Tensor x = tensor({2}, f64), other = tensor({3}, f64);
  x.set_requires_grad();
  other.set_requires_grad();
  Tape tape;
  const Tensor early = exp(other), y = square(x), late = y * 2;
  CHECK_THROWS_WITH_AS(tape.gradient(y, {x, other}, {.retain_graph = true}),
                       "gradient: y does not depend on x[1]", AutogradError);
  const GradientOptions unused = {.retain_graph = true, .allow_unused = true};
  const std::vector<Tensor> gradients = tape.gradient(y, {other, x, early, late}, unused);
  CHECK_FALSE(gradients[0].defined());
  CHECK(gradients[1].item() == 4);
  CHECK_FALSE(gradients[2].defined());
  CHECK_FALSE(gradients[3].defined());
  CHECK(tape.gradient(y, {}, unused).empty());
  CHECK_THROWS_AS(tape.gradient(y, {Tensor()}, unused), Error);
}

TEST_CASE("gradient: of a wrong shape or dtype") {
  const Tensor x = tensor({2, 3}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor y = square(x);
  CHECK_THROWS_WITH_AS(
      tape.gradient(y, {x}),
      "gradient: y has shape (2,); a gradient must be given unless it has one element",
      AutogradError);
  CHECK_THROWS_WITH_AS(tape.gradient(y, {x}, {.gradient = ones({1, 2}, f64)}),
                       "gradient: the gradient is (1, 2), y is (2,)", ShapeError);
  CHECK_THROWS_WITH_AS(tape.gradient(y, {x}, {.gradient = ones({2})}),
                       "gradient: the gradient is f32, y is f64", DTypeError);
}

TEST_CASE("gradient: create_graph up to the third order") {
  const Tensor x = tensor({2}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor y = pow(x, 5) + sin(x);
  const Tensor first = tape.gradient(y, {x}, {.create_graph = true})[0];
  const Tensor second = tape.gradient(first, {x}, {.create_graph = true})[0];
  const Tensor third = tape.gradient(second, {x})[0];
  CHECK(first.item() == doctest::Approx(5 * 16 + std::cos(2)));
  CHECK(second.item() == doctest::Approx(20 * 8 - std::sin(2)));
  CHECK(third.item() == doctest::Approx(60 * 4 - std::cos(2)));
  CHECK(third.requires_grad() == false);
}

TEST_CASE("gradient: a penalty on the gradient's norm reaches the parameters by backward") {
  const Tensor x = tensor({1, 2}, f64);
  x.set_requires_grad();
  Tape tape;
  const Tensor dx = tape.gradient(sum(x * x * x), {x}, {.create_graph = true})[0];
  tape.backward(sum(square(dx)));  // Σ 9x⁴
  CHECK(values(x.grad()) == Values{36, 288});
}

TEST_CASE("backward: into a sink of one's own, as soon as each gradient is there") {
  struct Sink : GradientSink {
    Tensor wanted;
    std::vector<Place> awaited;
    std::vector<std::string> events;

    bool wants(const Tensor& leaf) const override { return leaf.is(wanted); }
    void add(const Tensor&, Tensor term) override {
      events.push_back(fmt::format("leaf {}", term.item()));
    }
    std::span<const Place> recorded() const override { return awaited; }
    void arrived(std::size_t number, const Tensor& gradient) override {
      events.push_back(fmt::format("{}: {}", number, gradient.item()));
    }
  };
  const Tensor a = tensor({2}, f64), b = tensor({5}, f64);
  a.set_requires_grad();
  b.set_requires_grad();
  Tape tape;
  const Tensor early = a * b, y = early * early + a;
  Sink sink;
  sink.wanted = a;
  sink.awaited = {early.place(), y.place(), a.place()};  // a leaf's arrives by `add` instead
  tape.backward(y, sink, {.retain_graph = true});
  CHECK(sink.events == std::vector<std::string>{"1: 1", "leaf 1", "0: 20", "leaf 100"});
  CHECK_FALSE(a.grad().defined());
  CHECK_FALSE(b.grad().defined());

  Sink of_leaf;
  of_leaf.wanted = a;
  tape.backward(a, of_leaf, {.gradient = tensor({3}, f64)});
  tape.backward(b, of_leaf);  // b is not wanted
  CHECK(of_leaf.events == std::vector<std::string>{"leaf 3"});
}
