#pragma once

#include <engram/continual/projection/projection.h>

namespace engram::continual {

struct OWMOptions {
  double alpha = 1e-2;       ///< a direction of this much mean energy is protected by half
  std::int64_t samples = 0;  ///< of a task, that inputs are taken from; 0: all
  Projects projects = Projects::update;
  std::uint64_t seed = 0;  ///< of the drawing of samples
};

/// Orthogonal weights modification: with the inputs a of a layer in all tasks so far, weights
/// change by
///
///     P = I − Aᵀ(A·Aᵀ + αI)⁻¹A = (I + C/α)⁻¹,   C = Σ_t E[a·aᵀ]
///
/// where A has the inputs as its rows. A direction with energy c = vᵀCv is let through by α/(α +
/// c): softly, where gradient projection memory has a threshold.
///
/// Zeng, Chen, Cui and Yu, "Continual Learning of Context-dependent Processing in Neural Networks",
/// 2019, arXiv 1810.01256. There P is found recursively, from the mean input of each batch while
/// the task is being learned; here from the inputs of samples at the task's end, as the network
/// that learned it makes them. The mean over samples in C keeps α the same for data sets of other
/// sizes. Kept is C, one matrix (in, in) a layer.
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
