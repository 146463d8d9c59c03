#pragma once

#include <engram/continual/projection/projection.h>

#include <optional>
#include <vector>

namespace engram::continual {

struct GPMOptions {
  /// Share of the energy Σ‖a‖² of a layer's inputs on a task that the memory must cover: a number
  /// for each layer, the last for all that follow. By default the paper's for permuted MNIST.
  std::vector<double> threshold{0.95, 0.99};
  double threshold_growth = 0;  ///< added for each task, up to 1; the paper has .003 on CIFAR-100
  std::int64_t samples = 300;   ///< drawn from a task; 0, or more than there are: all
  Projects projects = Projects::update;
  /// If set, this is scaled gradient projection with this α: a direction of the memory is protected
  /// in proportion to its importance.
  std::optional<double> scale{};
  std::uint64_t seed = 0;  ///< of the drawing of samples
};

/// Gradient projection memory: the memory of a layer is an orthonormal basis M (in, k) for the
/// layer's inputs a on samples of earlier tasks. After a task, M is extended by the first left
/// singular vectors of the inputs' residual outside M: the fewest that raise the covered share of
/// the energy to the threshold. Changes of the weights are then multiplied by
///
///     P = I − M·Mᵀ
///
/// With `scale`, P = I − M·diag(λ)·Mᵀ. A direction with singular value σ on a task has the
/// importance (α + 1)σ / (ασ + max σ) for the task, and λ is the sum over tasks, at most 1.
///
/// Saha, Garg and Roy, "Gradient Projection Memory for Continual Learning", 2021, arXiv 2103.09762.
/// Saha and Roy, "Continual Learning with Scaled Gradient Projection", 2023, arXiv 2302.01386.
/// Unlike there, the update is projected rather than the gradient, and biases are protected too.
class GPM : public Projection {
 public:
  /// Error for an option out of its range.
  explicit GPM(Network network, const GPMOptions& options = {});

 private:
  Tensor learn(const Layer& layer, std::size_t place, const Tensor& kept,
               const Tensor& moment) const override;
  Projector projector(const Tensor& kept) const override;

  GPMOptions options_;
};

}  // namespace engram::continual
