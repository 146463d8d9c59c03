#include "../temporary_folder.h"

#include <doctest/doctest.h>
#include <engram/autograd/create.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/io/state_file.h>
#include <engram/optim/adam.h>
#include <engram/optim/averaged_parameters.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace engram;
using optim::AveragedParameters;

namespace {

void assign(const Tensor& x, std::initializer_list<double> values) {
  std::ranges::copy(values, x.data<double>().begin());
}

std::vector<double> values(const Tensor& x) {
  const auto data = x.data<double>();
  return {data.begin(), data.end()};
}

bool equal(const Tensor& a, const Tensor& b) { return std::ranges::equal(a.bytes(), b.bytes()); }

}  // namespace

TEST_CASE("the exponential moving average: the first update copies, the others mix") {
  const Tensor w = tensor({8, 0}, f64);
  AveragedParameters ema({w}, {.decay = 0.75});
  assign(w, {16, 4});
  ema.update();
  assign(w, {0, 8});
  ema.update();
  assign(w, {4, 4});
  ema.update();
  CHECK(ema.updates() == 3);
  CHECK(values(w) == std::vector<double>{4, 4});
  const auto averaged = ema.swap_in();
  CHECK(values(w) == std::vector<double>{10, 4.75});  // ¾·(¾·16 + ¼·0) + ¼·4, ¾·(¾·4 + ¼·8) + ¼·4
}

TEST_CASE("the first update copies bitwise, whatever the average was") {
  for (const auto& options :
       {optim::AveragedParametersOptions{}, optim::AveragedParametersOptions{.decay = 0.9}}) {
    const Tensor w = tensor({1e30, std::numeric_limits<double>::quiet_NaN()}, f64);
    AveragedParameters average({w}, options);
    assign(w, {0.1, 2});  // 1e30 + (0.1 − 1e30) is 0
    average.update();
    assign(w, {5, 6});
    average.copy_to_parameters();
    CHECK(values(w) == std::vector<double>{0.1, 2});
  }
}

TEST_CASE("stochastic weight averaging: the mean of all updates") {
  const Tensor w = tensor({100}, f64);
  AveragedParameters swa({w});
  double sum = 0;
  for (int n = 1; n <= 50; ++n) {
    assign(w, {static_cast<double>(n * n)});
    sum += n * n;
    swa.update();
    const auto averaged = swa.swap_in();
    CHECK(w.item() == doctest::Approx(sum / n).epsilon(1e-14));
  }
}

TEST_CASE("before the first update the average is what the parameters were") {
  const Tensor w = tensor({1, 2}, f64);
  AveragedParameters average({w});
  assign(w, {5, 6});
  average.copy_to_parameters();
  CHECK(values(w) == std::vector<double>{1, 2});
}

TEST_CASE("f32, parameters without an element, and a scalar") {
  const Tensor w = full({3}, 1), none = zeros({0, 2}), one = scalar(2, f64);
  AveragedParameters ema({w, none, one}, {.decay = 0.5});
  ema.update();
  std::ranges::fill(w.data<float>(), 2.f);
  one.data<double>()[0] = 4;
  ema.update();
  ema.copy_to_parameters();
  CHECK(w.data<float>()[2] == 1.5f);
  CHECK(one.item() == 3);
}

TEST_CASE("the parameters are back when the scope ends, also by an exception") {
  const Tensor w = tensor({1}, f64);
  AveragedParameters average({w});
  assign(w, {3});
  try {
    const auto averaged = average.swap_in();
    CHECK(w.item() == 1);
    throw std::runtime_error("evaluation failed");
  } catch (const std::runtime_error&) {
  }
  CHECK(w.item() == 3);
  average.update();  // as usual again
  CHECK(average.updates() == 1);
}

TEST_CASE("a training with an average goes on bitwise from a file") {
  const TemporaryFolder folder;
  for (const auto& options :
       {optim::AveragedParametersOptions{}, optim::AveragedParametersOptions{.decay = 0.9}}) {
    const auto train = [](const Tensor& w, optim::Optimizer& adam, AveragedParameters& average,
                          int first, int last) {
      for (int step = first; step <= last; ++step) {
        Generator generator(5, static_cast<std::uint64_t>(step));
        w.set_grad(randn(w.shape(), f32, generator));
        adam.step();
        average.update();
      }
    };
    const Tensor whole = ones({7}), resumed = zeros({7});
    for (const Tensor& w : {whole, resumed}) w.set_requires_grad();
    optim::Adam adam({whole}), other({resumed});
    AveragedParameters average({whole}, options), other_average({resumed}, options);
    train(whole, adam, average, 1, 5);
    save({{"w", whole}}, folder / "w");
    save(adam.state_dict(), folder / "adam");
    save(average.state_dict(), folder / "average");
    train(whole, adam, average, 6, 12);

    std::ranges::copy(load(folder / "w")["w"].bytes(), resumed.bytes().begin());
    other.load_state_dict(load(folder / "adam"));
    other_average.load_state_dict(load(folder / "average"));
    CHECK(other_average.updates() == 5);
    train(resumed, other, other_average, 6, 12);
    CHECK(equal(resumed, whole));
    CHECK(equal(other_average.state_dict()["0.average"], average.state_dict()["0.average"]));
    CHECK_FALSE(equal(average.state_dict()["0.average"], whole));
  }
}

TEST_CASE("a state is a copy, and loading copies") {
  const Tensor w = tensor({1}, f64);
  AveragedParameters ema({w}, {.decay = 0.5});
  const StateDict saved = ema.state_dict();
  ema.load_state_dict(saved);
  assign(w, {3});
  ema.update();
  CHECK(saved["0.average"].item() == 1);
}

TEST_CASE("what cannot be averaged is refused") {
  const Tensor w = tensor({1, 2}, f64);
  CHECK_THROWS_WITH_AS(AveragedParameters({}), "AveragedParameters: there are no parameters",
                       Error);
  CHECK_THROWS_WITH_AS(AveragedParameters({w, Tensor()}),
                       "AveragedParameters: parameter 1 is undefined", Error);
  CHECK_THROWS_WITH_AS(AveragedParameters({arange(3)}),
                       "AveragedParameters: parameter 0 needs f32 or f64, got i64", DTypeError);
  CHECK_THROWS_WITH_AS(AveragedParameters({w}, {.decay = 1.5}),
                       "AveragedParameters: decay must be in [0, 1], got 1.5", Error);

  const Tensor none = zeros({0});
  CHECK_THROWS_WITH_AS(AveragedParameters({w, none, w}),
                       "AveragedParameters: parameter 2 was added before", Error);
  CHECK_THROWS_WITH_AS(AveragedParameters({none, none}),
                       "AveragedParameters: parameter 1 was added before", Error);
  CHECK_THROWS_WITH_AS(AveragedParameters({none, w, slice(w, 0, 1, 2)}),
                       "AveragedParameters: parameter 2 shares elements with parameter 1", Error);
  CHECK_NOTHROW(AveragedParameters({slice(w, 0, 0, 1), slice(w, 0, 1, 1), slice(w, 0, 1, 2)}));

  AveragedParameters average({w});
  {
    const auto averaged = average.swap_in();
    const auto text = [](const char* caller) {
      return fmt::format("AveragedParameters: {} while the average is swapped in", caller);
    };
    CHECK_THROWS_WITH_AS(average.update(), text("update").c_str(), Error);
    CHECK_THROWS_WITH_AS((void)average.swap_in(), text("swap_in").c_str(), Error);
    CHECK_THROWS_WITH_AS(average.copy_to_parameters(), text("copy_to_parameters").c_str(), Error);
    CHECK_THROWS_WITH_AS(average.state_dict(), text("state_dict").c_str(), Error);
    CHECK_THROWS_WITH_AS(average.load_state_dict({}), text("load_state_dict").c_str(), Error);
  }
  w.set_data(tensor({1, 2, 3}, f64));
  CHECK_THROWS_WITH_AS(average.update(),
                       "AveragedParameters: parameter 0 is (3,) now, its average (2,)", ShapeError);
  w.set_data(tensor({1, 2}, f32));
  CHECK_THROWS_WITH_AS(average.update(),
                       "AveragedParameters: parameter 0 is f32 now, its average f64", DTypeError);
  CHECK(average.updates() == 0);
}
