#pragma once

#include <engram/autograd/random.h>
#include <engram/autograd/tensor.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace engram::optim {

/// Which labels the Fisher information's expectation runs over.
enum class Labels {
  exact,      ///< all of them, each weighted by the probability that the model gives it
  sampled,    ///< one a sample, drawn from the model's own distribution
  empirical,  ///< the true one: the "empirical Fisher", which is not the Fisher information
};

struct FisherOptions {
  Labels labels = Labels::exact;
  std::int64_t samples = 1000;  ///< drawn without replacement; 0, or more than there are: all
  std::int64_t batch = 250;     ///< samples that go through the model at once; changes nothing else
  std::uint64_t seed = 0;       ///< of the drawing of samples and labels
  std::uint64_t stream = 0;     ///< another drawing from the same seed
};

/// Logits (N, classes) for a batch of inputs. It must treat the samples independently, as every
/// network in eval mode does.
using Classifier = std::function<Tensor(const Tensor& x)>;
/// Inputs, and labels (rows,) as i64, of some rows of a data set.
using Batches = std::function<std::pair<Tensor, Tensor>(std::span<const std::int64_t> rows)>;

/// The diagonal of the Fisher information of a classifier, for each parameter θ in its shape:
///
///     F = 1/N Σ_n E_c [ (∂ log p(c | x_n) / ∂θ)² ]
///
/// a mean over samples of squares of each sample's own gradient, never the square of a batch's
/// mean. Parameters of `linear` and `conv2d` need no loop over samples; for a network with any
/// other parameter each sample goes through alone. Parameters that the output does not depend on
/// get 0.
std::vector<Tensor> diagonal_fisher(const Classifier& model, const std::vector<Tensor>& parameters,
                                    std::int64_t dataset_size, const Batches& dataset,
                                    const FisherOptions& options = {});

/// The gradients g_c of log p(c | x_n) with respect to the logits (N, classes) whose squares, or
/// products, add up to the expectation over labels c: one for each label, times √p_c, as
/// Σ_c p_c g_c² = Σ_c (√p_c g_c)², or a single one where the label is drawn or given.
std::vector<Tensor> fisher_cotangents(const Tensor& logits, const Tensor& labels, Labels kind,
                                      Generator& generator);

/// What `consolidate` takes: `data::Dataset`, or anything that reads like it.
template <class D>
concept LabelledData = requires(const D& data, std::span<const std::int64_t> rows) {
  { data.size() } -> std::convertible_to<std::int64_t>;
  { data.batch(rows).x } -> std::convertible_to<Tensor>;
  { data.batch(rows).y } -> std::convertible_to<Tensor>;
};

}  // namespace engram::optim
