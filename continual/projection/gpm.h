#pragma once

#include <engram/continual/projection/projection.h>

#include <optional>
#include <vector>

namespace engram::continual {

struct GPMOptions {
  /// How much of what a layer sees of a task, as a share of its energy Σ‖a‖², the memory must
  /// cover: a number for each layer, the last for all that follow. The paper's for permuted MNIST.
  std::vector<double> threshold{0.95, 0.99};
  double threshold_growth = 0;  ///< more for each task, up to 1; the paper has .003 on CIFAR-100
  std::int64_t samples = 300;   ///< of a task, that inputs are taken from; 0, or too many: all
  Projects projects = Projects::update;
  /// Set, it makes this scaled gradient projection with this α: a direction of the memory is
  /// protected as far as its importance goes, not altogether.
  std::optional<double> scale{};
  std::uint64_t seed = 0;  ///< of the drawing of samples
};

/// Gradient projection memory: after a task, the inputs a of a layer for some of its samples
/// span what must be protected. The memory is an orthonormal basis M (in, k); to it are added the
/// first left singular vectors of what it does not cover of those inputs, as few as bring the
/// share of the energy that it does cover to the threshold. From then on weights change by
///
///     P = I − M·Mᵀ
///
/// With `scale`, P = I − M·diag(λ)·Mᵀ, where a direction that a task sees with singular value σ has
/// the importance (α + 1)σ / (ασ + max σ) for it, and λ is the sum over tasks, at most 1.
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
