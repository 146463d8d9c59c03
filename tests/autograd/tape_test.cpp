#include <doctest/doctest.h>
#include <engram/autograd/ops/copy.h>
#include <engram/engram.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <thread>

#include "values.h"

// Recording, and `Tape::backward`. `Tape::gradient` is tested in gradient_test.cpp.
using namespace engram;

namespace {

Tensor parameter(std::initializer_list<double> numbers) {
  Tensor x = tensor(numbers, f64);
  x.set_requires_grad();
  return x;
}

}  // namespace

TEST_CASE("tape: records only while it is alive, and only what a gradient flows into") {
  const Tensor x = parameter({1, 2}), constant = tensor({3, 4}, f64);
  CHECK_FALSE((x * x).requires_grad());
  Tape tape;
  CHECK_FALSE((constant * 2).requires_grad());
  CHECK(tape.size() == 0);
  const Tensor y = exp(x);
  CHECK(y.requires_grad());
  CHECK(tape.size() == 1);
  CHECK(std::string(tape.op(0)) == "exp");
}

TEST_CASE("tape: an operand used twice, and a diamond") {
  const Tensor x = parameter({3, -1});
  {
    Tape tape;
    tape.backward(sum(x * x));
    CHECK(values(x.grad()) == Values{6, -2});
  }
  x.set_grad({});
  Tape tape;
  const Tensor stem = x * 2, left = stem * 3, right = square(stem);
  tape.backward(sum(left * right));  // 24x³
  CHECK(values(x.grad()) == Values{72 * 9, 72});
}

TEST_CASE("tape: the gradient of a broadcast operand is summed to its shape, on either side") {
  const Tensor row = parameter({1, 2, 3}), scalar_parameter = scalar(2, f64);
  scalar_parameter.set_requires_grad();
  const Tensor matrix = ones({2, 3}, f64);
  Tape tape;
  const Tensor y = sum(row * matrix) + sum(matrix * row * 10) + sum(scalar_parameter * matrix);
  tape.backward(y);
  CHECK(values(row.grad()) == Values{22, 22, 22});
  CHECK(scalar_parameter.grad().shape() == Shape{});
  CHECK(scalar_parameter.grad().item() == 6);
}

TEST_CASE("tape: .grad() adds up until it is cleared, and belongs to its parameter alone") {
  const Tensor a = parameter({1, 2}), b = parameter({3, 4});
  const Tensor cotangent = tensor({5, 7}, f64);
  const auto step = [&] {
    Tape tape;
    tape.backward(a + b, {.gradient = cotangent});
  };
  step();
  CHECK(a.grad().data<double>().data() != b.grad().data<double>().data());
  CHECK(a.grad().data<double>().data() != cotangent.data<double>().data());
  const Tensor seen = a.grad();
  step();
  CHECK(values(a.grad()) == Values{10, 14});
  CHECK(values(seen) == Values{5, 7});  // another handle's elements do not change
  CHECK(values(cotangent) == Values{5, 7});
  a.set_grad({});
  step();
  CHECK(values(a.grad()) == Values{5, 7});
  CHECK(values(b.grad()) == Values{15, 21});
}

TEST_CASE("tape: a layer's product adds into a gradient that is there, and into nobody else's") {
  const Tensor weight = tensor({1, 2}, {1, 2}, f64), x = tensor({3, 4}, {1, 2}, f64);
  weight.set_requires_grad();
  weight.set_grad(tensor({10, 20}, {1, 2}, f64));
  Tape tape;
  const Tensor y = linear(x, weight);
  tape.backward(y, {.retain_graph = true});
  CHECK(values(weight.grad()) == Values{13, 24});
  const Tensor seen = weight.grad();
  tape.backward(y);
  CHECK(values(weight.grad()) == Values{16, 28});
  CHECK(values(seen) == Values{13, 24});
}

TEST_CASE("tape: a recording is used once, or as often as it is retained") {
  const Tensor x = parameter({2});
  Tape tape;
  const Tensor y = square(x);
  tape.backward(y, {.retain_graph = true});
  tape.backward(y);
  CHECK(x.grad().item() == 8);
  CHECK_THROWS_WITH_AS(tape.backward(y),
                       "backward: the recording of square was released by an earlier backward; "
                       "{.retain_graph = true} keeps it",
                       AutogradError);
  CHECK_THROWS_WITH_AS(tape.gradient(y, {x}),
                       "gradient: the recording of square was released by an earlier backward; "
                       "{.retain_graph = true} keeps it",
                       AutogradError);
  CHECK(x.grad().item() == 8);
}

TEST_CASE("tape: two losses on one tape, apart and with a common part") {
  const Tensor x = parameter({2}), w = parameter({5});
  Tape tape;
  const Tensor apart = exp(w);
  const Tensor stem = square(x);
  tape.backward(stem * 3, {.retain_graph = true});
  tape.backward(stem * 4);
  CHECK(x.grad().item() == 28);
  CHECK_FALSE(w.grad().defined());
  tape.backward(apart);
  CHECK(w.grad().item() == doctest::Approx(std::exp(5)));
  CHECK_THROWS_AS(tape.backward(stem), AutogradError);
}

TEST_CASE("tape: errors of backward") {
  const Tensor x = parameter({1, 2});
  Tape tape;
  const Tensor y = x * 3;
  CHECK_THROWS_WITH_AS(
      tape.backward(y),
      "backward: y has shape (2,); a gradient must be given unless it has one element",
      AutogradError);
  CHECK_THROWS_WITH_AS(tape.backward(y, {.gradient = ones({3}, f64)}),
                       "backward: the gradient is (3,), y is (2,)", ShapeError);
  CHECK_THROWS_WITH_AS(tape.backward(y, {.gradient = ones({2}, f32)}),
                       "backward: the gradient is f32, y is f64", DTypeError);
  const char* not_recorded =
      "backward: y was not recorded on this tape: it was computed outside its scope, or depends on "
      "nothing that requires a gradient";
  CHECK_THROWS_WITH_AS(tape.backward(detach(x)), not_recorded, AutogradError);
  CHECK_THROWS_WITH_AS(tape.backward(detach(y)), not_recorded, AutogradError);
  CHECK_THROWS_AS(tape.backward(Tensor()), Error);
  tape.backward(y, {.gradient = ones({2}, f64)});  // still works
  CHECK(values(x.grad()) == Values{3, 3});
}

TEST_CASE("tape: a loss without elements has a gradient of nothing") {
  const Tensor x = zeros({0, 2}, f64);
  x.set_requires_grad();
  Tape tape;
  tape.backward(exp(x), {.gradient = zeros({0, 2}, f64)});
  CHECK(x.grad().shape() == Shape{0, 2});
  tape.backward(sum(exp(x)));
  CHECK(x.grad().numel() == 0);
}

TEST_CASE("tape: a tensor of a dead tape is an error where it would be recorded") {
  const Tensor x = parameter({2});
  Tensor y;
  {
    Tape dead;
    y = square(x);
  }
  CHECK((y * 3).item() == 12);  // no tape, nothing to record
  Tape tape;
  CHECK_THROWS_WITH_AS(y * 3,
                       "mul: an input was recorded on a tape that no longer lives; "
                       "detach() makes a constant of it",
                       AutogradError);
  CHECK_THROWS_WITH_AS(tape.backward(y), "backward: y was recorded on a tape that no longer lives",
                       AutogradError);
  tape.backward(detach(y) * x);
  CHECK(x.grad().item() == 4);
}

TEST_CASE("tape: a gradient flows on through what the outer tapes have recorded") {
  const Tensor x = parameter({3});
  Tape outer;
  const Tensor y = square(x);
  {
    Tape inner;
    const Tensor z = y * x;
    CHECK(inner.size() == 1);
    CHECK_THROWS_WITH_AS(outer.backward(z), "backward: y was recorded on another tape",
                         AutogradError);
    const std::vector<Tensor> gradients = inner.gradient(z, {y, x}, {.retain_graph = true});
    CHECK(gradients[0].item() == 3);
    CHECK(gradients[1].item() == 27);
    inner.backward(z);
    CHECK(x.grad().item() == 27);
    CHECK_FALSE(y.grad().defined());
  }
  CHECK(outer.size() == 1);
  outer.backward(y);  // the inner tape's pass has kept this recording
  CHECK(x.grad().item() == 33);
}

TEST_CASE("tape: through three tapes, of which the middle one knows nothing") {
  const Tensor x = parameter({2}), w = parameter({5});
  Tape outer;
  const Tensor y = square(x);
  Tape middle;
  const Tensor other = w * 2;
  Tape inner;
  const Tensor z = y * x;
  CHECK(inner.gradient(z, {x}, {.retain_graph = true})[0].item() == 12);
  CHECK_THROWS_WITH_AS(inner.gradient(z, {w}), "gradient: y does not depend on x[0]",
                       AutogradError);
  CHECK(middle.gradient(other, {w})[0].item() == 2);
  CHECK(outer.gradient(y, {x})[0].item() == 4);
}

TEST_CASE("tape: a second derivative by an inner tape") {
  const Tensor x = parameter({3});
  Tape outer;
  const Tensor y = x * x * x;
  Tape inner;
  const Tensor first = outer.gradient(y, {x}, {.create_graph = true})[0];
  CHECK(first.item() == 27);
  CHECK(inner.gradient(first, {x})[0].item() == 18);
}

TEST_CASE("tape: a closure differentiates on a tape of its own, and not on the one that runs") {
  const Tensor x = parameter({3});
  Tape tape;
  const Tensor inside = square(x);
  const auto with = [&](bool own_tape) {
    return record("nested", detach(inside), {inside}, [=, &tape](const Tensor& dy, Gradients& d) {
      Tape own;
      const Tensor again = inside * 2;
      d[0] = dy * (own_tape ? own : tape).gradient(own_tape ? again : inside, {inside})[0];
    });
  };
  tape.backward(with(true), {.retain_graph = true});
  CHECK(x.grad().item() == 12);
  CHECK_THROWS_WITH_AS(tape.backward(with(false)),
                       "gradient: this tape is at work on a backward pass; a closure that "
                       "differentiates makes a tape of its own",
                       AutogradError);
  x.set_grad({});
  tape.backward(inside);  // as before
  CHECK(x.grad().item() == 6);
}

TEST_CASE("tape: one that another thread destroys is told to the thread that made it") {
  const Tensor x = parameter({3});
  auto tape = std::make_unique<Tape>();
  square(x);
  std::thread([&] { tape.reset(); }).join();
  CHECK_THROWS_WITH_AS(square(x),
                       "a tape of this thread was destroyed by another thread: a tape must die on "
                       "the thread that made it",
                       AutogradError);
  CHECK(Tape::current() == nullptr);
  Tape next;
  next.backward(square(x));
  CHECK(x.grad().item() == 6);
}

TEST_CASE("tape: of a thread that is no more") {
  std::unique_ptr<Tape> tape;
  std::thread([&] { tape = std::make_unique<Tape>(); }).join();
  std::thread([&] { tape.reset(); }).join();
  CHECK(Tape::current() == nullptr);
}

TEST_CASE("tape: in the destructor of an object that is older than the thread's first tape") {
  static std::atomic<double> gradient{0};
  struct Older {
    Tensor w;
    void step() {
      w.set_grad({});
      Tape tape;
      tape.backward(sum(square(w)));
      gradient = w.grad().item();
    }
    ~Older() { step(); }
  };
  std::thread([] {
    thread_local Older older;
    older.w = parameter({3});
    older.step();
    older.w.data<double>()[0] = 5;
  }).join();
  CHECK(gradient == 10);
}

TEST_CASE("tape: an enclosing tape on the heap may die first") {
  const Tensor x = parameter({3});
  auto first = std::make_unique<Tape>();
  auto second = std::make_unique<Tape>();
  first.reset();
  second->backward(square(x));
  CHECK(x.grad().item() == 6);
  second.reset();
  CHECK(Tape::current() == nullptr);
}

TEST_CASE("tape: NoGrad") {
  const Tensor x = parameter({3});
  Tape tape;
  {
    const NoGrad no_grad;
    CHECK(Tape::current() == nullptr);
    CHECK_FALSE(square(x).requires_grad());
    { const NoGrad twice; }
    CHECK_FALSE(square(x).requires_grad());
    Tape inner;  // a new tape records nevertheless
    CHECK(square(x).requires_grad());
  }
  CHECK(Tape::current() == &tape);
  CHECK(tape.size() == 0);
  CHECK(square(x).requires_grad());
}

TEST_CASE("tape: a chain of a million operations does not grow the stack, nor take long") {
  const Tensor x = parameter({1});
  const auto start = std::chrono::steady_clock::now();
  {
    Tape tape;
    Tensor y = x;
    for (int i = 0; i < 1'000'000; ++i) y = y + 1e-6;
    CHECK(tape.size() == 1'000'000);
    tape.backward(y);
    CHECK(x.grad().item() == 1);
    CHECK(y.item() == doctest::Approx(2));
    for (int i = 0; i < 1'000'000; ++i) y = neg(y);  // recorded, and freed without a backward
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  CHECK(seconds.count() < 30);  // about one in an optimised build
}

TEST_CASE("tape: an exception from a closure leaves the tape usable") {
  const Tensor x = parameter({2}), w = parameter({3});
  bool broken = true;
  Tape tape;
  const Tensor y = record("fragile", detach(x), {x}, [&broken](const Tensor& dy, Gradients& d) {
    check(!broken, "fragile: broken");
    d[0] = dy;
  });
  const Tensor z = y * w;
  CHECK_THROWS_WITH_AS(tape.backward(z, {.retain_graph = true}), "fragile: broken", Error);
  CHECK(Tape::current() == &tape);
  w.set_grad({});
  broken = false;
  tape.backward(z);
  CHECK(x.grad().item() == 3);
  CHECK(w.grad().item() == 2);
  CHECK(square(x).requires_grad());
}

TEST_CASE("tape: requires_grad and data of what was recorded cannot be set") {
  const Tensor x = parameter({2}), integers = arange(2);
  CHECK_THROWS_WITH_AS(x.set_data(integers), "set_data: a parameter needs f32 or f64, got i64",
                       DTypeError);
  Tape tape;
  const Tensor y = square(x);
  CHECK_THROWS_WITH_AS(y.set_requires_grad(false),
                       "set_requires_grad: the tensor is the result of a recorded operation; "
                       "detach() it first",
                       AutogradError);
  CHECK_THROWS_WITH_AS(
      y.set_data(x),
      "set_data: the tensor is the result of a recorded operation; detach() it first",
      AutogradError);
  CHECK_THROWS_WITH_AS(integers.set_requires_grad(), "set_requires_grad: needs f32 or f64, got i64",
                       DTypeError);
  CHECK_THROWS_WITH_AS(x.set_grad(ones({2}, f64)),
                       "set_grad: the gradient is (2,), the tensor (1,)", ShapeError);
  CHECK_THROWS_WITH_AS(x.set_grad(ones({1}, f32)), "set_grad: the gradient is f32, the tensor f64",
                       DTypeError);
  integers.set_requires_grad(false);
}

TEST_CASE("tape: set_data replaces the value behind every handle, and clears the gradient") {
  const Tensor x = parameter({2}), handle = x;
  x.set_grad(ones({1}, f64));
  x.set_data(ones({2, 2}, f32));
  CHECK(handle.shape() == Shape{2, 2});
  CHECK(handle.dtype() == f32);
  CHECK(handle.requires_grad());
  CHECK_FALSE(handle.grad().defined());
}

TEST_CASE("tape: threads record each on a tape of its own") {
  const Tensor shared = tensor({2}, f64);
  std::vector<double> gradients(4);
  std::vector<std::thread> threads;
  Tape tape;  // of this thread; it does not record on the others
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    threads.emplace_back([&, k] {
      const Tensor x = parameter({static_cast<double>(k)});
      for (int step = 0; step < 200; ++step) {
        x.set_grad({});
        Tape own;
        own.backward(square(x) * shared);
      }
      gradients[k] = x.grad().item();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(gradients == Values{0, 4, 8, 12});
  CHECK(tape.size() == 0);
}

TEST_CASE("tape: runs backward on the thread that made it, and on no other") {
  const Tensor x = parameter({3});
  Tape tape;
  const Tensor y = square(x);
  std::string message;
  std::thread([&] {
    try {
      tape.backward(y);
    } catch (const AutogradError& error) {
      message = error.what();
    }
  }).join();
  CHECK(message == "backward: a tape runs backward on the thread that made it");
  CHECK_FALSE(x.grad().defined());
  tape.backward(y);
  CHECK(x.grad().item() == 6);
}

TEST_CASE("tape: the same seed gives bitwise the same gradients") {
  const auto gradients = [] {
    Generator generator(3);
    const Tensor weight = randn({64, 300}, f32, generator), x = randn({200, 300}, f32, generator);
    weight.set_requires_grad();
    Tape tape;
    tape.backward(sum(square(tanh(linear(x, weight)))));
    return values(weight.grad());
  };
  CHECK(gradients() == gradients());
}

TEST_CASE("a closure that gives a gradient of the wrong shape or dtype is told so") {
  const Tensor x = tensor({1, 2, 3}, f64);
  x.set_requires_grad();
  const auto wrong = [](const Tensor& input, const Tensor& gradient) {
    return record("wrong", sum(input.requires_grad() ? detach(input) : input), {input},
                  [gradient](const Tensor&, Gradients& d) { d[0] = gradient; });
  };
  {
    Tape tape;
    CHECK_THROWS_WITH_AS(tape.backward(wrong(x, scalar(1, f64))),
                         "wrong: the gradient of input 0 is f64 (), the input f64 (3,)",
                         AutogradError);
  }
  {
    Tape tape;
    CHECK_THROWS_WITH_AS(tape.backward(wrong(exp(x), ones({3}))),
                         "wrong: the gradient of input 0 is f32 (3,), the input f64 (3,)",
                         AutogradError);
  }
  CHECK(!x.grad().defined());
}

TEST_CASE("a backward that fills in an input that its operation does not have") {
  const Tensor x = scalar(1, f64);
  x.set_requires_grad();
  for (const int input : {1, -1}) {
    Tape tape;
    const Tensor y = record("wrong", scalar(2, f64), {x},
                            [=](const Tensor& dy, Gradients& d) { d[input] = dy; });
    CHECK_THROWS_WITH_AS(tape.backward(y),
                         fmt::format("Gradients: there is no input {}, only 1", input).c_str(),
                         AutogradError);
  }
}

TEST_CASE("what is recorded must be new") {
  const Tensor x = tensor({1, 2, 3}, f64);
  x.set_requires_grad();
  Tape tape;
  CHECK_THROWS_WITH_AS(record("same", x, {x}, [](const Tensor& dy, Gradients& d) { d[0] = dy; }),
                       "same: what is recorded must be new, not a parameter or a recorded tensor",
                       AutogradError);
}

TEST_CASE("gradients that meet while they are being recorded survive the growth of the tape") {
  // Each y² has y as both inputs, so the recorded backward records a sum. A new thread has no spare
  // vectors, so that they are reallocated at a different node for each length.
  for (int squarings = 1; squarings <= 40; ++squarings) {
    std::thread([=] {
      const Tensor x = scalar(1, f64), other = scalar(1, f64);
      x.set_requires_grad();
      other.set_requires_grad();
      Tape tape;
      Tensor y = x * other;
      for (int i = 0; i < squarings; ++i) y = y * y;  // (x·other)^n with n = 2^squarings
      const double n = std::pow(2, squarings);
      const auto first = tape.gradient(y, {x, other}, {.create_graph = true});
      const Tensor second = tape.gradient(first[0], {x})[0];
      CHECK(first[0].item() == n);
      CHECK(first[1].item() == n);
      CHECK(second.item() == n * (n - 1));
    }).join();
  }
}

TEST_CASE("NoGrad and tapes may end in any order") {
  const Tensor x = scalar(2, f64);
  x.set_requires_grad();
  std::unique_ptr<Tape> inner;
  {
    const NoGrad no_grad;
    inner = std::make_unique<Tape>();
  }
  inner->backward(square(x));
  CHECK(x.grad().item() == 4);
  {
    const NoGrad no_grad;
    CHECK(!square(x).requires_grad());
  }
  inner.reset();

  Tape outer;
  {
    auto other = std::make_unique<Tape>();
    const NoGrad no_grad;
    other.reset();
  }
  CHECK(square(x).requires_grad());
  CHECK(outer.size() == 1);
}
