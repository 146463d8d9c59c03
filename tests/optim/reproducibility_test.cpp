#include <doctest/doctest.h>
#include <engram/autograd/sanitized.h>
#include <engram/engram.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../autograd/instruction_sets.h"

// A training has the same bits on any number of threads: networks, gradients, squares, steps.

using namespace engram;

namespace {

struct Mlp : nn::Module {
  nn::Linear first = add("first", nn::Linear(784, 400));
  nn::Linear second = add("second", nn::Linear(400, 400));
  nn::Linear out = add("out", nn::Linear(400, 10));

  Tensor operator()(const Tensor& x) const { return out(relu(second(relu(first(flatten(x, 1)))))); }
};

struct LeNet : nn::Module {
  nn::Conv2d conv1 = add("conv1", nn::Conv2d(1, 6, 5, {.padding = 2}));
  nn::Conv2d conv2 = add("conv2", nn::Conv2d(6, 16, 5));
  nn::Linear fc1 = add("fc1", nn::Linear(400, 120));
  nn::Linear fc2 = add("fc2", nn::Linear(120, 84));
  nn::Linear out = add("out", nn::Linear(84, 10));

  Tensor operator()(const Tensor& x) const {
    const Tensor a = max_pool2d(relu(conv1(x)), {.kernel = 2});
    const Tensor b = max_pool2d(relu(conv2(a)), {.kernel = 2});
    return out(relu(fc2(relu(fc1(flatten(b, 1))))));
  }
};

struct Cnn : nn::Module {  // that of bench/
  nn::Conv2d conv1 = add("conv1", nn::Conv2d(1, 32, 3));
  nn::Conv2d conv2 = add("conv2", nn::Conv2d(32, 64, 3));
  nn::Linear fc1 = add("fc1", nn::Linear(9216, 128));
  nn::Linear out = add("out", nn::Linear(128, 10));

  Tensor operator()(const Tensor& x) const {
    const Tensor a = max_pool2d(relu(conv2(relu(conv1(x)))), {.kernel = 2});
    return out(relu(fc1(flatten(a, 1))));
  }
};

#if defined(ENGRAM_SANITIZED)
constexpr std::int64_t steps = 5;
#else
constexpr std::int64_t steps = 200;
#endif

/// The weights after some steps, and their Fisher information.
template <class Net>
std::vector<Tensor> train(std::int64_t batch, int threads) {
  set_num_threads(threads);
  manual_seed(1);
  const Net net;
  optim::SGD optimizer(net.parameters(), {.lr = 0.01, .momentum = 0.9});
  const Tensor x = randn({4 * batch, 1, 28, 28}), y = randint(0, 10, {4 * batch});
  const auto images = [&](std::int64_t first, std::int64_t count) {
    return view(x, {count, 1, 28, 28}, first * 784);
  };
  const auto labels = [&](std::int64_t first, std::int64_t count) {
    return view(y, {count}, first);
  };
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::int64_t first = step % 4 * batch;
    Tape tape;
    tape.backward(cross_entropy(net(images(first, batch)), labels(first, batch)));
    optimizer.step();
    optimizer.zero_grad();
  }
  std::vector<Tensor> all = net.parameters();
  const auto fisher =
      optim::diagonal_fisher(net, all, 2 * batch,
                             [&](auto rows) {
                               const auto count = static_cast<std::int64_t>(rows.size());
                               return std::pair{images(rows[0], count), labels(rows[0], count)};
                             },
                             {.samples = 0, .batch = batch});
  all.insert(all.end(), fisher.begin(), fisher.end());
  return all;
}

template <class Net>
void check_training(std::int64_t batch) {
  const int before = num_threads();
  for (const auto set : sets()) {
    const Using use(set);
    const std::vector<Tensor> one = train<Net>(batch, 1);
    for (const int threads : {2, 3, 4, 8}) {
      const std::vector<Tensor> many = train<Net>(batch, threads);
      CAPTURE(set_name(set));
      CAPTURE(threads);
      REQUIRE(many.size() == one.size());
      for (std::size_t i = 0; i < one.size(); ++i) {
        CAPTURE(i);
        CHECK(std::ranges::equal(many[i].bytes(), one[i].bytes()));
        CHECK(max(abs(one[i])).item() > 0);
      }
    }
  }
  set_num_threads(before);
}

}  // namespace

TEST_CASE("training: the same bits for every number of threads: MLP") { check_training<Mlp>(32); }
TEST_CASE("training: the same bits for every number of threads: LeNet-5") {
  check_training<LeNet>(32);
}
TEST_CASE("training: the same bits for every number of threads: CNN") { check_training<Cnn>(4); }
