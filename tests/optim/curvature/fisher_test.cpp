#include <engram/autograd/create.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/convolution.h>
#include <engram/autograd/ops/indexing.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/loss.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/ops/softmax.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/optim/curvature/fisher.h>
#include <engram/optim/curvature/per_sample.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace engram;
using optim::Labels;

namespace {

constexpr std::int64_t classes = 4;

/// A small classifier with its data, in f64.
struct Problem {
  std::vector<Tensor> parameters;
  Tensor x, y;
  optim::Classifier model;

  Tensor parameter(const Shape& shape) {
    parameters.push_back(randn(shape, f64));
    parameters.back().set_requires_grad();
    return parameters.back();
  }

  optim::Batches batches() const {
    return [this](std::span<const std::int64_t> rows) {
      const Tensor index = tensor(rows, {static_cast<std::int64_t>(rows.size())});
      return std::pair(index_select(x, 0, index), index_select(y, 0, index));
    };
  }
  std::vector<Tensor> fisher(const optim::FisherOptions& options) const {
    return optim::diagonal_fisher(model, parameters, x.size(0), batches(), options);
  }
};

Problem dense(std::int64_t samples) {
  manual_seed(3);
  Problem p;
  p.x = randn({samples, 6}, f64);
  p.y = randint(0, classes, {samples});
  const Tensor w1 = p.parameter({5, 6}), b1 = p.parameter({5});
  const Tensor w2 = p.parameter({classes, 5}), b2 = p.parameter({classes});
  p.model = [=](const Tensor& x) { return linear(tanh(linear(x, w1, b1)), w2, b2); };
  return p;
}

Problem convolutional(std::int64_t samples) {
  manual_seed(3);
  Problem p;
  p.x = randn({samples, 2, 5, 5}, f64);
  p.y = randint(0, classes, {samples});
  const Tensor k = p.parameter({3, 2, 3, 3}), kb = p.parameter({3});
  const Tensor w = p.parameter({classes, 27}), b = p.parameter({classes});
  p.model = [=](const Tensor& x) {
    const Tensor h = relu(conv2d(x, k, kb, {.stride = 2, .padding = 1}));
    return linear(reshape(h, {x.size(0), -1}), w, b);
  };
  return p;
}

/// A network with parameters without a closed formula: a gain, and a weight used twice.
Problem unusual(std::int64_t samples) {
  manual_seed(3);
  Problem p;
  p.x = randn({samples, 5}, f64);
  p.y = randint(0, classes, {samples});
  const Tensor w = p.parameter({5, 5}), gain = p.parameter({5});
  const Tensor out = p.parameter({classes, 5});
  p.model = [=](const Tensor& x) {
    return linear(tanh(linear(tanh(linear(x, w)), w)) * gain, out);
  };
  return p;
}

/// The definition, one sample and one label at a time: Σ_n Σ_c q_n,c (∂ log p_c / ∂θ)² / N.
std::vector<Tensor> by_definition(const Problem& p, Labels labels) {
  std::vector<Tensor> total;
  for (const Tensor& each : p.parameters) total.push_back(zeros_like(each));
  for (std::int64_t n = 0; n < p.x.size(0); ++n) {
    for (std::int64_t c = 0; c < classes; ++c) {
      Tape tape;
      const Tensor log_p = log_softmax(p.model(slice(p.x, 0, n, n + 1)), 1);
      const Tensor chosen = sum(slice(log_p, 1, c, c + 1));
      const bool is_true = p.y.data<std::int64_t>()[static_cast<std::size_t>(n)] == c;
      const double weight = labels == Labels::exact ? std::exp(chosen.item()) : is_true ? 1 : 0;
      const auto gradient = tape.gradient(chosen, p.parameters);
      const NoGrad no_grad;
      for (std::size_t k = 0; k < total.size(); ++k) {
        total[k] = total[k] + weight * square(gradient[k]) / static_cast<double>(p.x.size(0));
      }
    }
  }
  return total;
}

/// The largest difference, relative to the largest value of the tensor.
double difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double worst = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    worst = std::max(worst, max(abs(a[k] - b[k])).item() / max(abs(b[k])).item());
  }
  return worst;
}

}  // namespace

TEST_CASE("Fisher: the batched computation equals the loop over single samples") {
  for (const Problem& p : {dense(13), convolutional(7), unusual(6)}) {
    for (const Labels labels : {Labels::exact, Labels::empirical}) {
      for (const std::int64_t batch : {1, 4, 100}) {
        CAPTURE(batch);
        const auto fisher = p.fisher({.labels = labels, .samples = 0, .batch = batch});
        CHECK(difference(fisher, by_definition(p, labels)) < 1e-12);
      }
    }
  }
}

TEST_CASE("Fisher: dense and convolution layers take the path without a loop over samples") {
  const auto takes_it = [](const Problem& p) {
    const auto uses = optim::layer_uses(p.parameters, [&] { p.model(p.x); });
    return optim::separates_samples(p.parameters, uses, 3);
  };
  CHECK(takes_it(dense(3)));
  CHECK(takes_it(convolutional(3)));
  CHECK(!takes_it(unusual(3)));
}

TEST_CASE("Fisher: the square of the batch's mean gradient is something else") {
  const Problem p = dense(13);
  Tape tape;
  const Tensor loss = cross_entropy(p.model(p.x), p.y);
  std::vector<Tensor> wrong = tape.gradient(loss, p.parameters);
  for (Tensor& each : wrong) each = square(each);
  CHECK(difference(wrong, by_definition(p, Labels::empirical)) > 0.5);
}

TEST_CASE("Fisher: rows of a layer that are not the samples go through one by one") {
  // Two positions a sample, as rows of one product: (N·2, 3).
  manual_seed(3);
  Problem p;
  p.x = randn({5, 6}, f64);
  p.y = randint(0, classes, {5});
  const Tensor w = p.parameter({2, 3}), out = p.parameter({classes, 4});
  p.model = [=](const Tensor& x) {
    const Tensor h = tanh(linear(reshape(x, {-1, 3}), w));
    return linear(reshape(h, {x.size(0), 4}), out);
  };
  CHECK(difference(p.fisher({.samples = 0}), by_definition(p, Labels::exact)) < 1e-12);
}

TEST_CASE("Fisher: sampled labels have the exact one as their mean") {
  const Problem p = dense(5);
  const auto exact = p.fisher({.samples = 0});
  std::vector<Tensor> mean;
  for (const Tensor& each : p.parameters) mean.push_back(zeros_like(each));
  constexpr int draws = 4000;
  for (int draw = 0; draw < draws; ++draw) {
    const auto fisher = p.fisher(
        {.labels = Labels::sampled, .samples = 0, .seed = static_cast<std::uint64_t>(draw)});
    for (std::size_t k = 0; k < mean.size(); ++k) mean[k] = mean[k] + fisher[k] / draws;
  }
  CHECK(difference(mean, exact) < 0.1);
  CHECK(difference(mean, by_definition(p, Labels::empirical)) > 0.2);
}

TEST_CASE("Fisher: a part of the data, drawn by seed; a parameter without influence gets 0") {
  Problem p = dense(40);
  const Tensor idle = p.parameter({3});
  const auto one = p.fisher({.samples = 10, .seed = 1});
  CHECK(difference({one[0]}, {p.fisher({.samples = 10, .seed = 1})[0]}) == 0);
  CHECK(difference({one[0]}, {p.fisher({.samples = 10, .seed = 2})[0]}) > 0);
  CHECK(difference({p.fisher({.samples = 1000})[0]}, {p.fisher({.samples = 0, .seed = 5})[0]}) <
        1e-12);
  CHECK(max(abs(one.back())).item() == 0);
}

TEST_CASE("Fisher: mistakes are named") {
  Problem p = dense(3);
  CHECK_THROWS_WITH_AS(p.fisher({.samples = -1}),
                       "diagonal_fisher: samples must be at least 0, got -1", Error);
  CHECK_THROWS_WITH_AS(p.fisher({.batch = 0}), "diagonal_fisher: batch must be at least 1, got 0",
                       Error);
  CHECK_THROWS_WITH_AS(optim::diagonal_fisher(p.model, p.parameters, 0, p.batches()),
                       "diagonal_fisher: the data set is empty", DataError);
  p.y = tensor(std::vector<std::int64_t>{0, 9, 1});
  CHECK_THROWS_WITH_AS(p.fisher({.labels = Labels::empirical}),
                       "diagonal_fisher: label 9 is out of range for 4 classes", Error);
  p.y = zeros({3, 2}, i64);
  CHECK_THROWS_WITH_AS(p.fisher({.labels = Labels::empirical}),
                       "diagonal_fisher: 3 samples came with labels (3, 2)", ShapeError);
  p.y = zeros({3});
  CHECK_THROWS_WITH_AS(p.fisher({.labels = Labels::empirical}),
                       "diagonal_fisher: labels must be i64, got f32", DTypeError);
  const auto too_few = [&](std::span<const std::int64_t>) {
    return std::pair(slice(p.x, 0, 0, 2), p.y);
  };
  CHECK_THROWS_WITH_AS(optim::diagonal_fisher(p.model, p.parameters, 3, too_few),
                       "diagonal_fisher: asked for 3 samples, got (2, 6)", ShapeError);
  p.model = [](const Tensor& x) { return sum(x); };
  CHECK_THROWS_WITH_AS(p.fisher({}), "diagonal_fisher: the model must give (3, classes), got ()",
                       ShapeError);
}
