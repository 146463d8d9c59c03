#include <engram/autograd/create.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/copy.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/autograd/sanitized.h>
#include <engram/autograd/tape.h>
#include <engram/nn/checkpoint.h>
#include <engram/nn/layers/batch_norm.h>
#include <engram/nn/layers/dropout.h>
#include <engram/nn/layers/linear.h>
#include <engram/nn/layers/sequential.h>
#include <engram/nn/models/resnet.h>

#include <doctest/doctest.h>

#include <cstring>
#include <utility>

using namespace engram;

namespace {

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0;
}

/// Output, gradients of x and of the parameters, and buffers, after a step with the same random
/// numbers for every call.
template <class F>
std::vector<Tensor> step(const nn::Module& net, const StateDict& start, const Tensor& x, F f) {
  net.load_state_dict(start);
  net.zero_grad();
  x.set_grad({});
  manual_seed(5);
  Tape tape;
  const Tensor y = f(x);
  tape.backward(sum(y * y));
  std::vector<Tensor> results{y, x.grad()};
  for (const Tensor& parameter : net.parameters()) results.push_back(parameter.grad());
  for (const auto& [name, buffer] : clone(net.named_buffers())) results.push_back(buffer);
  results.push_back(default_generator().state());
  return results;
}

}  // namespace

TEST_CASE("checkpoint: the same gradients bit for bit, dropout and running statistics too") {
  manual_seed(1);
  const nn::Sequential net(nn::Linear(6, 8), nn::BatchNorm1d(8), relu, nn::Dropout(0.5),
                           nn::Linear(8, 3), nn::BatchNorm1d(3, {.momentum = std::nullopt}));
  const StateDict start = clone(net.state_dict());
  const Tensor x = randn({5, 6});
  x.set_requires_grad();
  const auto expected = step(net, start, x, net);
  const auto check_same = [&](const std::vector<Tensor>& got) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      CAPTURE(i);
      CHECK(same_bits(got[i], expected[i]));
    }
  };
  check_same(step(net, start, x, [&](const Tensor& t) { return nn::checkpoint(net, t); }));
  // In two parts, and one within another.
  const nn::Sequential first(net[0], net[1], net[2]), second(net[3], net[4], net[5]);
  check_same(step(net, start, x, [&](const Tensor& t) {
    return nn::checkpoint(second, nn::checkpoint(first, t));
  }));
  check_same(step(net, start, x, [&](const Tensor& t) {
    return nn::checkpoint([&](const Tensor& u) { return second(nn::checkpoint(first, u)); }, t);
  }));
  CHECK_FALSE(nn::is_recomputing());
}

TEST_CASE("checkpoint: a function that uses recorded tensors, and gradients of chosen ones") {
  const Tensor x = tensor({1, 2}, f64), w = tensor({3, 4}, f64), unused = ones({2}, f64);
  for (const Tensor& each : {x, w, unused}) each.set_requires_grad();
  Tape tape;
  const Tensor squares = x * x;
  const Tensor y = nn::checkpoint([&](const Tensor& t) { return t * w * squares; }, x + w);
  const auto gradients = tape.gradient(sum(y), {x, w, squares, unused}, {.allow_unused = true});
  // y = (x + w) w x².
  CHECK(same_bits(gradients[0], tensor({3 + 2 * 4 * 3, 4 * 4 + 2 * 6 * 4 * 2}, f64)));
  CHECK(same_bits(gradients[1], tensor({3 + 4, 4 * 4 + 6 * 4}, f64)));
  CHECK(same_bits(gradients[2], tensor({4 * 3, 6 * 4}, f64)));
  CHECK_FALSE(gradients[3].defined());
}

TEST_CASE("a checkpointed ResNet: the same step in half of the memory") {
  const auto step = [](bool checkpoint) {
    memory::reset_peak();
    const std::size_t before = memory::stats().peak;
    manual_seed(1);
    const models::ResNet net = models::resnet18(
        {.num_classes = 10, .small_images = true, .width = 0.5, .checkpoint = checkpoint});
    const Tensor x = randn({32, 3, 32, 32}), labels = zeros({32}, i64);
    Tape tape;
    tape.backward(cross_entropy(net(x), labels));
    std::vector<Tensor> results;
    for (const Tensor& parameter : net.parameters()) results.push_back(parameter.grad());
    for (const auto& [name, buffer] : net.named_buffers()) results.push_back(buffer);
    return std::pair(results, static_cast<double>(memory::stats().peak - before));
  };
  const auto [expected, plain] = step(false);
  const auto [got, less] = step(true);
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(same_bits(got[i], expected[i]));
#if !defined(ENGRAM_SANITIZED)
  CAPTURE(plain);
  CAPTURE(less);
  CHECK(less < 0.5 * plain);
#endif
}

TEST_CASE("checkpoint: without a tape, of an empty batch, of its own input") {
  const nn::Linear layer(2, 3);
  CHECK(nn::checkpoint(layer, ones({4, 2})).is_leaf());
  const Tensor x = ones({2});
  x.set_requires_grad();
  {
    Tape tape;
    const Tensor same = nn::checkpoint([](const Tensor& t) { return t; }, x);
    CHECK_FALSE(same.is(x));
    tape.backward(sum(same * same));
    CHECK(same_bits(x.grad(), tensor({2, 2})));
  }
  {
    Tape tape;
    tape.backward(sum(nn::checkpoint(layer, zeros({0, 2}))));
    CHECK(same_bits(layer.weight.grad(), zeros({3, 2})));
  }
  {
    Tape tape;  // without parameters
    const Tensor constant = nn::checkpoint([](const Tensor& t) { return t + 1; }, ones({2}));
    CHECK_FALSE(constant.requires_grad());
  }
}

TEST_CASE("checkpoint: functions whose result is no operation's of their own") {
  const Tensor x = tensor({1, 2}), w = tensor({3, 4});
  x.set_requires_grad();
  w.set_requires_grad();
  const auto gradients = [&](const std::function<Tensor(const Tensor&)>& f) {
    x.set_grad({});
    w.set_grad({});
    Tape tape;
    const Tensor y = nn::checkpoint(f, x * 5);
    tape.backward(sum(y * y) + sum(x * 0));
    return std::pair(x.grad(), w.grad());
  };
  CHECK(same_bits(gradients([](const Tensor& t) { return t; }).first, tensor({50, 100})));
  CHECK(same_bits(gradients([&](const Tensor&) { return w; }).second, tensor({6, 8})));
  CHECK(same_bits(gradients([](const Tensor& t) { return detach(t); }).first, tensor({0, 0})));
  Tape tape;
  CHECK_FALSE(nn::checkpoint([](const Tensor& t) { return argmax(t, 0); }, x).requires_grad());
}

TEST_CASE("checkpoint: the second call is in the modes of the first, whatever came between") {
  manual_seed(1);
  const nn::Sequential net(nn::Linear(4, 6), nn::BatchNorm1d(6), nn::Dropout(0.5),
                           nn::Linear(6, 2));
  const Tensor x = randn({5, 4});
  const auto gradient = [&](auto f) {
    net.zero_grad();
    Tape tape;
    Tensor y;
    {
      const auto mode = net.eval_mode();
      y = f(x);
    }
    tape.backward(sum(y * y));
    return net[0].as<nn::Linear>().weight.grad();
  };
  const Tensor expected = gradient(net);
  CHECK(same_bits(gradient([&](const Tensor& t) { return nn::checkpoint(net, t); }), expected));
  const auto twice = [&](const Tensor& t) {
    return nn::checkpoint([&](const Tensor& u) { return nn::checkpoint(net, u); }, t);
  };
  CHECK(same_bits(gradient(twice), expected));
  CHECK(net.is_training());
}

TEST_CASE("checkpoint: errors") {
  const Tensor x = ones({2}), w = ones({2});
  x.set_requires_grad();
  w.set_requires_grad();
  const auto times_w = [&](const Tensor& t) { return t * w; };
  {
    Tape tape;
    const Tensor y = sum(nn::checkpoint(times_w, x));
    w.mutable_data<float>()[0] = 2;
    CHECK_THROWS_WITH_AS(
        tape.backward(y),
        "checkpoint: its input 1, f32 (2,), was overwritten after the operation was "
        "recorded, and the gradient needs the elements as they were; run backward "
        "first, or give the operation a clone()",
        AutogradError);
  }
  {
    Tape tape;
    CHECK_THROWS_WITH_AS(
        tape.gradient(sum(nn::checkpoint(times_w, x)), {x}, {.create_graph = true}),
        "checkpoint: its gradients cannot be differentiated again", AutogradError);
  }
  {
    Tape tape;
    const Tensor y = sum(nn::checkpoint(
        [&](const Tensor& t) -> Tensor {
          check(!nn::is_recomputing(), "the second call");
          return t * w;
        },
        x));
    CHECK_THROWS_WITH_AS(tape.backward(y), "the second call", Error);
    CHECK_FALSE(nn::is_recomputing());
  }
  CHECK_THROWS_WITH_AS(
      nn::checkpoint([](const Tensor&) -> Tensor { throw Error("the first call"); }, x),
      "the first call", Error);
}
