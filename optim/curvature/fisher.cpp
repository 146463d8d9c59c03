#include <engram/autograd/create.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/autograd/tape.h>
#include <engram/optim/curvature/fisher.h>
#include <engram/optim/curvature/per_sample.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace engram::optim {
namespace {

/// The gradient of log p(c | x) with respect to the logits, e_c − p, for c = label[n] in row n,
/// times weight[n].
Tensor logit_gradient(const Tensor& probability, std::span<const std::int64_t> label,
                      std::span<const double> weight) {
  const std::int64_t rows = probability.size(0), classes = probability.size(1);
  Tensor gradient(probability.shape(), probability.dtype());
  dispatch_floating("diagonal_fisher", probability.dtype(), [&]<class T>() {
    const T* p = probability.data<T>().data();
    T* g = gradient.data<T>().data();
    for (std::int64_t n = 0; n < rows; ++n) {
      const auto row = static_cast<std::size_t>(n);
      for (std::int64_t c = 0; c < classes; ++c) {
        const double target = c == label[row] ? 1 : 0;
        const auto at = n * classes + c;
        g[at] = static_cast<T>(weight[row] * (target - static_cast<double>(p[at])));
      }
    }
  });
  return gradient;
}

void add_to(std::vector<Tensor>& totals, const std::vector<Tensor>& parts) {
  const NoGrad no_grad;
  for (std::size_t k = 0; k < totals.size(); ++k) {
    if (parts[k].defined()) totals[k] = totals[k] + parts[k];
  }
}

/// Adds the same sums by a backward pass for each sample: slower, but correct for any model.
void add_sample_by_sample(std::vector<Tensor>& totals, const Classifier& model,
                          const std::vector<Tensor>& parameters, const Tensor& x,
                          const std::vector<Tensor>& batch_cotangents) {
  const auto logits = [&](std::int64_t n) { return model(slice(x, 0, n, n + 1)); };
  const auto cotangents = [&](std::int64_t n, const Tensor&) {
    std::vector<Tensor> rows;
    for (const Tensor& each : batch_cotangents) rows.push_back(slice(each, 0, n, n + 1));
    return rows;
  };
  visit_sample_gradients(x.size(0), logits, cotangents, parameters, [&](const auto& gradients) {
    for (std::size_t k = 0; k < totals.size(); ++k) {
      if (gradients[k].defined()) totals[k] = totals[k] + square(gradients[k]);
    }
  });
}

}  // namespace

std::vector<Tensor> fisher_cotangents(const Tensor& logits, const Tensor& labels, Labels kind,
                                      Generator& generator) {
  const NoGrad no_grad;
  const Tensor probability = exp(logits - logsumexp(logits, {1}, {.keepdim = true}));
  const auto rows = static_cast<std::size_t>(logits.size(0));
  const auto classes = static_cast<std::size_t>(logits.size(1));
  std::vector<double> p(rows * classes);
  dispatch_floating("diagonal_fisher", probability.dtype(),
                    [&]<class T>() { std::ranges::copy(probability.data<T>(), p.begin()); });

  std::vector<std::int64_t> label(rows);
  std::vector<double> weight(rows, 1.0);
  if (kind == Labels::exact) {
    std::vector<Tensor> all;
    for (std::size_t c = 0; c < classes; ++c) {
      std::ranges::fill(label, static_cast<std::int64_t>(c));
      for (std::size_t n = 0; n < rows; ++n) weight[n] = std::sqrt(p[n * classes + c]);
      all.push_back(logit_gradient(probability, label, weight));
    }
    return all;
  }
  if (kind == Labels::sampled) {
    for (std::size_t n = 0; n < rows; ++n) {
      double rest = generator.uniform();
      std::size_t c = 0;
      while (c + 1 < classes && (rest -= p[n * classes + c]) >= 0) ++c;
      label[n] = static_cast<std::int64_t>(c);
    }
  } else {
    check_dtype(labels.dtype() == i64, "diagonal_fisher: labels must be i64, got {}",
                labels.dtype());
    check_shape(labels.shape() == Shape{logits.size(0)},
                "diagonal_fisher: {} samples came with labels {}", rows, labels.shape());
    std::ranges::copy(labels.data<std::int64_t>(), label.begin());
    for (std::int64_t each : label) {
      check(each >= 0 && each < static_cast<std::int64_t>(classes),
            "diagonal_fisher: label {} is out of range for {} classes", each, classes);
    }
  }
  return {logit_gradient(probability, label, weight)};
}

std::vector<Tensor> diagonal_fisher(const Classifier& model, const std::vector<Tensor>& parameters,
                                    std::int64_t dataset_size, const Batches& dataset,
                                    const FisherOptions& options) {
  check(options.samples >= 0, "diagonal_fisher: samples must be at least 0, got {}",
        options.samples);
  check(options.batch >= 1, "diagonal_fisher: batch must be at least 1, got {}", options.batch);
  check_data(dataset_size > 0, "diagonal_fisher: the data set is empty");
  const std::int64_t count =
      options.samples == 0 ? dataset_size : std::min(options.samples, dataset_size);

  Generator generator = Generator(options.seed, "Fisher").substream(options.stream);
  const Tensor order = randperm(dataset_size, generator);
  const auto rows = order.data<std::int64_t>().first(static_cast<std::size_t>(count));

  std::vector<Tensor> totals;
  for (const Tensor& parameter : parameters) totals.push_back(zeros_like(parameter));
  for (std::size_t begin = 0; begin < rows.size();) {
    const auto part =
        rows.subspan(begin, std::min(rows.size() - begin, static_cast<std::size_t>(options.batch)));
    begin += part.size();
    const auto [x, y] = dataset(part);
    check_shape(x.rank() >= 1 && x.size(0) == std::ssize(part),
                "diagonal_fisher: asked for {} samples, got {}", part.size(), x.shape());
    Tape tape;
    Tensor logits;
    // `&x = x`: clang 14 cannot capture a structured binding.
    const LayerUses uses = layer_uses(parameters, [&, &x = x] { logits = model(x); });
    check_shape(logits.rank() == 2 && logits.size(0) == x.size(0),
                "diagonal_fisher: the model must give ({}, classes), got {}", x.size(0),
                logits.shape());
    if (!logits.requires_grad()) continue;  // depends on no parameter
    const std::vector<Tensor> logit_gradients =
        fisher_cotangents(logits, y, options.labels, generator);
    if (separates_samples(parameters, uses, x.size(0))) {
      add_to(totals, per_sample_squares(tape, logits, parameters, uses, logit_gradients));
    } else {
      add_sample_by_sample(totals, model, parameters, x, logit_gradients);
    }
  }
  const NoGrad no_grad;
  for (Tensor& total : totals) total = total / static_cast<double>(count);
  return totals;
}

}  // namespace engram::optim
