#pragma once

#include <engram/continual/layers.h>
#include <engram/continual/method.h>

#include <vector>

namespace engram::continual {

struct KroneckerLaplaceOptions {
  double lambda = 1;  ///< strength of the penalty; does not carry over between codebases

  /// One pair of factors for all tasks, not one for each: memory and time do not grow with the
  /// tasks.
  bool online = false;

  /// Each factor is truncated to the fewest largest eigenvalues whose sum is this share of the
  /// trace. A training step takes four thin products for each layer and pair of factors.
  double energy = 0.999;

  optim::FisherOptions fisher{};
};

/// The Laplace approximation with a Kronecker-factored Fisher information: a quadratic penalty
/// whose curvature A⊗G couples the weights of a layer, where that of EWC is diagonal. With [W b]
/// (out, in) of a layer, the bias as the weight of a constant input 1,
///
///     ½·λ·Σ_t Σ_layers vec(ΔW_t)ᵀ(A_t⊗G_t)vec(ΔW_t) = ½·λ·Σ_t Σ_layers tr(ΔW_tᵀ·G_t·ΔW_t·A_t)
///
/// where ΔW_t = [W b] − [W b]*_t is the change since the end of task t, and A_t, G_t are the
/// layer's `kronecker_fisher` on task t. With truncated roots, A_t ≈ a·aᵀ and G_t ≈ g·gᵀ, the
/// penalty is computed as Σ ‖gᵀ·ΔW_t·a‖². State: a (in, r), g (out, s) and an offset (s, r) for
/// each layer and task, and the parameters at the end of the latest task.
///
/// One center for each task, as in EWC, is the paper's baseline; its own method has one center, the
/// latest, and the sum of all tasks' curvatures. Separate centers forget less here
/// (docs/continual.md).
///
/// The online form has the latest task's center alone, and factors of all tasks: the mean of A and
/// the sum of G. The sum of products Σ A_t⊗G_t is not one product: the pairing of A_t with G_t is
/// lost, which matters only where tasks differ.
///
/// Ritter, Botev and Barber, "Online Structured Laplace Approximations for Overcoming Catastrophic
/// Forgetting", 2018, arXiv 1805.07810. Unlike there, G is of the Fisher information rather than of
/// the Hessian, there is no prior (which λ would weight), and truncation is new.
///
/// Error for a trainable parameter that is not of a dense or convolution layer (in one group) that
/// is used once.
class KroneckerLaplace : public Method {
 public:
  /// Error for an option out of its range, and when the parameters have several dtypes.
  explicit KroneckerLaplace(Network network, const KroneckerLaplaceOptions& options = {});

  void begin_task(const Task& task) override;
  Tensor loss(const Step& step, const Tensor& loss) override;
  void end_task(const Task& task) override;

  /// The penalty at the present parameters, a scalar; 0 before the first task. AutogradError when
  /// differentiated twice.
  Tensor penalty() const;

  /// Tasks ended so far.
  int tasks() const { return tasks_; }
  StateDict state_dict() const override;
  void read_state(StateReader& state) override;

 private:
  struct Factor {      // of a layer and a task
    Tensor inputs;     // a (in, r): A = a·aᵀ
    Tensor gradients;  // g (out, s): G = g·gᵀ
    Tensor offset;     // gᵀ([W b]*_latest - [W b]*_t)a (s, r); undefined for the online form
  };

  void find_layers_once(const Task& task);
  Factor factor_of(const optim::KroneckerFactors& factors, DType dtype) const;
  template <class T>
  double penalty_of(const Layer& layer, const Tensor& weight_gradient,
                    const Tensor& bias_gradient) const;

  Network network_;
  KroneckerLaplaceOptions options_;
  std::vector<Layer> layers_;
  std::vector<Tensor> center_;                // each parameter at the end of the latest task
  std::vector<std::vector<Factor>> factors_;  // by the index of the weight; none for biases
  int tasks_ = 0;
};

}  // namespace engram::continual
