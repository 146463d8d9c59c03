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

/// The labels of the expectation in the Fisher information.
enum class Labels {
  exact,      ///< all classes, weighted by the model's probabilities
  sampled,    ///< one for each sample, drawn from the model's distribution
  empirical,  ///< the data set's: the "empirical Fisher", which is not the Fisher information
};

struct FisherOptions {
  Labels labels = Labels::exact;
  std::int64_t samples = 1000;  ///< drawn without replacement; 0, or more than there are: all
  std::int64_t batch = 250;     ///< samples of one forward pass; of no effect on the result
  std::uint64_t seed = 0;       ///< of the drawing of samples and labels
  std::uint64_t stream = 0;     ///< substream of the seed, for independent drawings
};

/// Logits (N, classes) of a batch of inputs. Each sample's are independent of the other samples, as
/// for every network in eval mode.
using Classifier = std::function<Tensor(const Tensor& x)>;
/// Inputs, and labels (rows,) as i64, of some rows of a data set.
using Batches = std::function<std::pair<Tensor, Tensor>(std::span<const std::int64_t> rows)>;

/// The diagonal of the Fisher information of a classifier, for each parameter θ in its shape:
///
///     F = 1/N Σ_n E_c [ (∂ log p(c | x_n) / ∂θ)² ]
///
/// The squares are of each sample's own gradient, not of a batch's mean. Parameters of `linear` and
/// `conv2d` need no loop over samples; a network with any other parameter takes a backward pass for
/// each sample. The F of a parameter that the output does not depend on is 0.
std::vector<Tensor> diagonal_fisher(const Classifier& model, const std::vector<Tensor>& parameters,
                                    std::int64_t dataset_size, const Batches& dataset,
                                    const FisherOptions& options = {});

/// Cotangents of the logits (N, classes) for the expectation over labels c. With g_c the gradient
/// of log p(c | x_n) with respect to the logits: √p_c g_c for each label, as
///
///     Σ_c p_c g_c² = Σ_c (√p_c g_c)²
///
/// or a single g_c where the label is drawn or given. Squares, or outer products, of the
/// cotangents' gradients add up to the Fisher information.
std::vector<Tensor> fisher_cotangents(const Tensor& logits, const Tensor& labels, Labels kind,
                                      Generator& generator);

/// The data of `consolidate`: a `data::Dataset`, or a type with the same `size` and `batch`.
template <class D>
concept LabelledData = requires(const D& data, std::span<const std::int64_t> rows) {
  { data.size() } -> std::convertible_to<std::int64_t>;
  { data.batch(rows).x } -> std::convertible_to<Tensor>;
  { data.batch(rows).y } -> std::convertible_to<Tensor>;
};

}  // namespace engram::optim
