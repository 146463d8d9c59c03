#pragma once

#include <engram/continual/projection/projection.h>

namespace engram::continual {

struct OWMOptions {
  double alpha = 1e-2;       ///< directions of mean energy α are protected by half
  std::int64_t samples = 0;  ///< drawn from a task; 0, or more than there are: all
  Projects projects = Projects::update;
  std::uint64_t seed = 0;  ///< of the drawing of samples
};

/// Orthogonal weights modification: with the inputs a of a layer in all tasks so far, changes of
/// the weights are multiplied by
///
///     P = I − Aᵀ(A·Aᵀ + αI)⁻¹A = (I + C/α)⁻¹,   C = Σ_t E[a·aᵀ]
///
/// where A has the inputs as its rows. A change along an eigenvector of C with eigenvalue c is
/// scaled by α/(α + c): soft, where gradient projection memory has a threshold.
///
/// Zeng, Chen, Cui and Yu, "Continual Learning of Context-dependent Processing in Neural Networks",
/// 2019, arXiv 1810.01256. There P is updated recursively, from the mean input of each batch during
/// the task; here P is computed at the task's end, from inputs of samples in the trained network.
/// The mean over samples in C makes α independent of the size of the data set. Keeps C, one matrix
/// (in, in) for each layer.
class OWM : public Projection {
 public:
  /// Error for an option out of its range.
  explicit OWM(Network network, const OWMOptions& options = {});

 private:
  Tensor learn(const Layer& layer, std::size_t place, const Tensor& kept,
               const Tensor& moment) const override;
  Projector projector(const Tensor& kept) const override;

  double alpha_;
};

}  // namespace engram::continual
