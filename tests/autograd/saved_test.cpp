#include <doctest/doctest.h>
#include <engram/engram.h>

#include "values.h"

using namespace engram;

namespace {

Tensor parameter(std::initializer_list<double> values) {
  const Tensor x = tensor(values, f64);
  x.set_requires_grad();
  return x;
}

constexpr auto overwritten =
    "mul: its input 1, f64 (2,), was overwritten after the operation was recorded, and the "
    "gradient "
    "needs the elements as they were; run backward first, or give the operation a clone()";

/// Records w·v, overwrites v by `write`, and computes the gradients.
template <class F>
void multiply_and(F write) {
  const Tensor w = parameter({1, 2}), v = parameter({3, 4});
  Tape tape;
  const Tensor loss = sum(w * v);
  write(v);
  CHECK_THROWS_WITH_AS(tape.backward(loss, {.retain_graph = true}), overwritten, AutogradError);
  // The gradient of v alone needs only w, which is unchanged.
  CHECK(values(tape.gradient(loss, {v})[0]) == Values{1, 2});
}

}  // namespace

TEST_CASE("saved: what backward needs was overwritten by an optimizer, a load, an initialisation") {
  SUBCASE("optimizer") {
    multiply_and([](const Tensor& v) {
      v.set_grad(ones({2}, f64));
      optim::SGD({v}, {.lr = 0.5}).step();
      CHECK(values(v) == Values{2.5, 3.5});
      v.set_grad({});
    });
  }
  SUBCASE("load") {
    struct Net : nn::Module {
      explicit Net(const Tensor& v) { add_parameter("v", v); }
    };
    multiply_and([](const Tensor& v) { Net(v).load_state_dict({{"v", tensor({5, 6}, f64)}}); });
  }
  SUBCASE("initialisation") {
    multiply_and([](const Tensor& v) { nn::init::constant(v, 7); });
  }
  SUBCASE("elements") {
    multiply_and([](const Tensor& v) { v.mutable_data<double>()[0] = 7; });
  }
  SUBCASE("a view") {
    multiply_and([](const Tensor& v) { reshape(detach(v), {2, 1}).mutable_data<double>()[0] = 7; });
  }
  SUBCASE("exchange") {
    multiply_and([](const Tensor& v) { v.swap_data(tensor({5, 6}, f64)); });
  }
}

TEST_CASE("saved: set_data is refused while a tape is alive") {
  const Tensor v = parameter({3, 4});
  const Tape tape;
  CHECK_THROWS_WITH_AS(
      v.set_data(tensor({5}, f64)),
      "set_data: a tape is alive, and what it has recorded may be of another shape", AutogradError);
  CHECK(values(v) == Values{3, 4});
}

TEST_CASE("saved: exchanged and exchanged back") {
  const Tensor w = parameter({1, 2}), v = parameter({3, 4}), other = tensor({5, 6}, f64);
  Tape tape;
  const Tensor loss = sum(w * v);
  v.swap_data(other);
  v.swap_data(other);
  tape.backward(loss);
  CHECK(values(w.grad()) == Values{3, 4});
}

TEST_CASE("saved: elements that took the memory of those that were exchanged away") {
  const Tensor w = parameter({1, 2}), v = tensor({3, 4}, f64);
  const std::byte* const memory = v.bytes().data();
  Tape tape;
  const Tensor loss = sum(w * v);
  v.swap_data(tensor({5, 6}, f64));  // frees v's old elements
  std::vector<Tensor> others;
  do {
    others.push_back(tensor({7, 8}, f64));
  } while (others.back().bytes().data() != memory && others.size() < 100);
  v.swap_data(others.back());
  CHECK_THROWS_AS(tape.backward(loss), AutogradError);
}

TEST_CASE("saved: overwriting what backward does not need is no mistake") {
  const Tensor x = tensor({1, 2}, f64), bias = parameter({3, 4});
  Tape tape;
  const Tensor loss = sum((x + bias) * 2.);
  bias.mutable_data<double>()[0] = 7;
  tape.backward(loss);
  CHECK(values(bias.grad()) == Values{2, 2});
}

TEST_CASE("saved: the running statistics that an evaluating batch_norm has read") {
  const Tensor x = parameter({1, 2}), mean = zeros({2}, f64), var = ones({2}, f64);
  Tape tape;
  const Tensor rows = reshape(x, {1, 2});
  const Tensor loss = sum(batch_norm(rows, {}, {}, mean, var, {.training = false}) * rows);
  batch_norm(tensor({1, 2, 3, 5}, {2, 2}, f64), {}, {}, mean, var, {.training = true});
  tape.backward(loss);  // the factors are saved separately
  CHECK(values(x.grad())[0] == doctest::Approx(2).epsilon(1e-4));
}

TEST_CASE("saved: versions") {
  const Tensor x = zeros({4});
  const std::uint64_t first = x.version();
  const Tensor half = slice(x, 0, 0, 2);
  half.mutable_data<float>()[0] = 1;
  half.mutable_bytes();
  CHECK(x.version() == first + 2);
  CHECK(x.data<float>()[0] == 1);
  CHECK(x.version() == first + 2);
  CHECK(clone(x).version() != x.version());
}
