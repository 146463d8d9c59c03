#include <engram/engram.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "../../close.h"

using namespace engram;
using namespace engram::continual;

namespace {

/// Inputs of this shape, all of the first class.
continual::Task task_of(const Shape& inputs, continual::Outputs outputs, int number = 0) {
  Generator generator(5);
  const data::Dataset dataset(randn(inputs, f64, generator), zeros({inputs[0]}, i64));
  return {number, "", dataset, dataset, outputs};
}

/// The definition, one sample at a time.
std::vector<Tensor> by_definition(const Network& network, const continual::Task& task) {
  std::vector<Tensor> mean;
  for (const Tensor& p : network.parameters()) mean.push_back(zeros_like(p));
  const auto mode = network.eval_mode();
  for (std::int64_t n = 0; n < task.train.size(); ++n) {
    Tape tape;
    const Tensor x = slice(task.train.all().x, 0, n, n + 1);
    const Tensor norm = sum(square(select_outputs(network(x), task.outputs)));
    const auto gradients = tape.gradient(norm, network.parameters());
    const NoGrad no_grad;
    for (std::size_t k = 0; k < mean.size(); ++k) {
      mean[k] = mean[k] + abs(gradients[k]) / double(task.train.size());
    }
  }
  return mean;
}

double difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double worst = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    worst = std::max(worst, max(abs(a[k] - b[k])).item() / max(abs(b[k])).item());
  }
  return worst;
}

}  // namespace

TEST_CASE("MAS: importance, penalty and gradient by hand") {
  const nn::Linear net(2, 1, {.bias = false, .dtype = f64});
  const Tensor w = net.parameters()[0];
  std::ranges::copy(std::vector<double>{1, -1}, w.data<double>().begin());
  const data::Dataset dataset(tensor({3, 1, 1, 2}, {2, 2}, f64), zeros({2}, i64));
  const continual::Task task{0, "", dataset, dataset, {0, 1}};
  MAS method(net, {.lambda = 0.5});
  method.end_task(task);
  // f = (2, −1); |2f·x| = (12, 4) and (2, 4). The gradient of the batch would give (10, 0)/2.
  check_close(method.importance()[0], {7, 4});

  w.data<double>()[0] += 2;
  w.data<double>()[1] += 1;
  {
    Tape tape;
    const Tensor loss = method.loss({task, {}, {}}, scalar(1, f64));
    CHECK(loss.item() == doctest::Approx(1 + 0.5 * (7 * 4 + 4 * 1)));
    tape.backward(loss);
    check_close(w.grad(), {0.5 * 2 * 7 * 2, 0.5 * 2 * 4 * 1});
  }
  method.end_task(task);  // f = (9, 3): |2f·x| = (54, 18) and (6, 12)
  check_close(method.importance()[0], {7 + 30, 4 + 15});
  CHECK(method.loss({task, {}, {}}, scalar(1, f64)).item() == 1);  // around the latest parameters
}

TEST_CASE("MAS: layers together equal the samples one by one") {
  manual_seed(3);
  const nn::LinearOptions in_f64{.dtype = f64};
  const nn::Sequential dense(nn::Linear(6, 5, in_f64), nn::Tanh(), nn::Linear(5, 4, in_f64));
  const continual::Task task = task_of({13, 6}, {1, 3});
  for (std::int64_t batch : {1, 4, 100}) {
    CAPTURE(batch);
    MAS method(dense, {.samples = 0, .batch = batch});
    method.end_task(task);
    CHECK(difference(method.importance(), by_definition(dense, task)) < 1e-12);
  }
}

TEST_CASE("MAS: dense layers take the path without a loop over samples") {
  struct Counted : nn::Sequential {
    using nn::Sequential::Sequential;
    Tensor operator()(const Tensor& x) const {
      ++*calls;
      return nn::Sequential::operator()(x);
    }
    std::shared_ptr<int> calls = std::make_shared<int>(0);
  };
  const Counted dense(nn::Linear(6, 5), nn::ReLU(), nn::Linear(5, 4));
  const Counted normalized(nn::Linear(6, 5), nn::LayerNorm({5}), nn::Linear(5, 4));
  const auto calls = [&](const Counted& net) {
    const data::Dataset dataset(ones({13, 6}), zeros({13}, i64));
    MAS(net, {.batch = 10}).end_task({0, "", dataset, dataset, {0, 4}});
    return *net.calls;
  };
  CHECK(calls(dense) == 2);            // batches
  CHECK(calls(normalized) == 2 + 13);  // and samples
}

TEST_CASE("MAS: other networks go through sample by sample") {
  manual_seed(3);
  struct Convolutional : nn::Module {
    nn::Conv2d conv = add("conv", nn::Conv2d(2, 3, 3, {.padding = 1, .dtype = f64}));
    nn::Linear out = add("out", nn::Linear(48, 4, {.dtype = f64}));
    Tensor operator()(const Tensor& x) const {
      return out(reshape(relu(conv(x)), {x.size(0), -1}));
    }
  };
  struct Twice : nn::Module {  // a weight that is used twice
    nn::Linear layer = add("layer", nn::Linear(5, 5, {.dtype = f64}));
    Tensor operator()(const Tensor& x) const { return layer(tanh(layer(x))); }
  };
  const Convolutional convolutional;
  const Twice twice;
  const continual::Task images = task_of({7, 2, 4, 4}, {0, 4}), vectors = task_of({7, 5}, {0, 5});
  MAS of_images(convolutional, {.samples = 0}), of_vectors(twice, {.samples = 0, .batch = 3});
  of_images.end_task(images);
  of_vectors.end_task(vectors);
  CHECK(difference(of_images.importance(), by_definition(convolutional, images)) < 1e-12);
  CHECK(difference(of_vectors.importance(), by_definition(twice, vectors)) < 1e-12);
}

TEST_CASE("MAS: a part of the data, drawn by seed and task; outputs that do not compete") {
  manual_seed(3);
  const nn::Linear net(6, 4, {.dtype = f64});
  const auto importance = [&](const MASOptions& options, int number) {
    MAS method(net, options);
    method.end_task(task_of({40, 6}, {1, 3}, number));
    return method.importance();
  };
  const auto one = importance({.samples = 10, .seed = 1}, 0);
  CHECK(difference(one, importance({.samples = 10, .seed = 1}, 0)) == 0);
  CHECK(difference(one, importance({.samples = 10, .seed = 2}, 0)) > 0);
  CHECK(difference(one, importance({.samples = 10, .seed = 1}, 1)) > 0);
  const auto bias = one[1].data<double>();
  CHECK(bias[0] == 0);
  CHECK(bias[1] > 0);
  CHECK(bias[3] == 0);
}

TEST_CASE("MAS: its state") {
  manual_seed(3);
  const nn::Linear net(6, 4, {.dtype = f64});
  const continual::Task task = task_of({5, 6}, {0, 4});
  MAS method(net), other(net);
  method.end_task(task);
  net.parameters()[0].data<double>()[0] += 1;
  other.load_state_dict(method.state_dict());
  const Tensor loss = scalar(0, f64);
  const double penalty = method.loss({task, {}, {}}, loss).item();
  CHECK(penalty > 0);
  CHECK(other.loss({task, {}, {}}, loss).item() == penalty);
  CHECK(method.state_bytes() == 8 + 2 * 8 * 28);
  method.end_task(task);
  other.end_task(task);
  CHECK(difference(method.importance(), other.importance()) == 0);
}

TEST_CASE("MAS: mistakes are named") {
  const nn::Linear net(6, 4);
  CHECK_THROWS_WITH_AS(MAS(net, {.lambda = -1}), "MAS: lambda must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(MAS(net, {.samples = -1}), "MAS: samples must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(MAS(net, {.batch = 0}), "MAS: batch must be at least 1, got 0", Error);
  MAS method(net);
  CHECK_THROWS_WITH_AS(method.end_task(task_of({0, 6}, {0, 4})), "MAS: the data set is empty",
                       DataError);
}
