#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/nn/layers/activation.h>
#include <engram/nn/layers/batch_norm.h>
#include <engram/nn/layers/dropout.h>
#include <engram/nn/layers/embedding.h>
#include <engram/nn/layers/linear.h>
#include <engram/nn/layers/sequential.h>
#include <engram/nn/summary.h>

#include <doctest/doctest.h>

using namespace engram;

namespace {

/// A custom layer.
struct Scale : nn::Module {
  Scale() : Module("Scale") {}
  Tensor factor = add_parameter("factor", ones({2}));
  Tensor operator()(const Tensor& x) const { return x * factor; }
};

struct Net : nn::Module {
  Net() : Module("Net") {}
  nn::Sequential body = add("body", nn::Sequential(nn::Linear(784, 400), nn::BatchNorm1d(400),
                                                   nn::ReLU(), nn::Dropout(0.5)));
  Scale scale = add("scale", Scale());
  nn::Linear out = add("out", nn::Linear(400, 2));
  nn::Linear unused = add("unused", nn::Linear(1, 1));

  Tensor operator()(const Tensor& x) const { return scale(out(body(x))); }
};

}  // namespace

TEST_CASE("a summary shows layers, shapes, counts and sums") {
  const Net net;
  net.out.freeze();
  CHECK(nn::summary(net, {8, 784}) ==
        "layer   type         output      parameters\n"
        "body.0  Linear       (8, 400)       314,000\n"
        "body.1  BatchNorm1d  (8, 400)           800\n"
        "        relu         (8, 400)\n"
        "out     Linear       (8, 2)             802\n"
        "scale   Scale        (8, 2)               2\n"
        "unused  Linear       not called           2\n"
        "parameters: 315,606, 314,804 of them trainable, 1.2 MiB\n"
        "buffers: 801, 3.1 KiB\n");
}

TEST_CASE("a summary of one layer, and of a network that takes indices") {
  CHECK(nn::summary(nn::Linear(3, 2), {1, 3}) ==
        "layer  type    output  parameters\n"
        "       Linear  (1, 2)           8\n"
        "parameters: 8, 8 of them trainable, 32 bytes\n");
  CHECK(nn::summary(nn::Embedding(5, 2), {1, 4}, i64) ==
        "layer  type       output     parameters\n"
        "       Embedding  (1, 4, 2)          10\n"
        "parameters: 10, 10 of them trainable, 40 bytes\n");
}

TEST_CASE("a summary leaves no trace") {
  const Net net;
  net.out.eval();
  manual_seed(1);
  rand({5});
  const std::uint64_t position = default_generator().position();
  const Tape tape;
  nn::summary(net, {1, 784});
  CHECK(default_generator().position() == position);
  CHECK(tape.size() == 0);
  CHECK(net.is_training());
  CHECK(net.body.is_training());
  CHECK_FALSE(net.out.is_training());
  CHECK(net.state_dict()["body.1.num_batches_tracked"].item() == 0);
  CHECK(net.state_dict()["body.1.running_mean"].data<float>()[0] == 0);
}

TEST_CASE("a summary that fails puts everything back") {
  const Net net;
  CHECK_THROWS_AS(nn::summary(net, {1, 3}), ShapeError);
  CHECK(net.is_training());
  const nn::Linear other(3, 2);
  other(ones({1, 3}));
  CHECK(nn::summary(other, {2, 3}).find("(2, 2)") != std::string::npos);
}

TEST_CASE("a summary restores the mode of a layer that two parents share") {
  const nn::Dropout shared;
  const nn::Sequential a(shared), b(shared);
  const nn::Sequential net(a, b);
  shared.eval();
  nn::summary(net, {1});
  CHECK_FALSE(shared.is_training());
  CHECK(b.is_training());
}
