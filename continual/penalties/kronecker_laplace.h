#pragma once

#include <engram/continual/layers.h>
#include <engram/continual/method.h>

#include <vector>

namespace engram::continual {

struct KroneckerLaplaceOptions {
  double lambda = 1;  ///< strength of the penalty; does not carry over between codebases

  /// One pair of factors for all tasks instead of one for each: memory and time do not grow.
  bool online = false;

  /// Of each factor, as many of its largest eigenvalues are kept as make this share of their sum:
  /// a step is four products with them for each layer, and those of all are thin.
  double energy = 0.999;

  optim::FisherOptions fisher{};
};

/// The Laplace approximation with a Kronecker factored Fisher information: what a task has learned
/// is kept by a quadratic penalty that knows of the weights of a layer together, where that of EWC
/// takes each for itself. With [W b] (out, in) of a layer, its bias as the weight of an input of 1,
///
///     ½·λ·Σ_t Σ_layers vec(ΔW_t)ᵀ(A_t⊗G_t)vec(ΔW_t) = ½·λ·Σ_t Σ_layers tr(ΔW_tᵀ·G_t·ΔW_t·A_t)
///
/// with ΔW_t = [W b] − [W b]*_t, the change since the end of task t, and its `kronecker_fisher`
/// A_t, G_t. With A_t = a·aᵀ and G_t = g·gᵀ this is Σ ‖gᵀ·ΔW_t·a‖², which is how it is computed,
/// with as many columns in a and g as `energy` asks for. Kept are a (in, ·), g (out, ·) and one
/// number for each pair of their columns, for each task, and the parameters at the end of the
/// latest.
///
/// A center for each task, as in EWC, is what the paper compares its method with: that has one
/// center, the latest, and the sum of all tasks' curvatures. Here it forgets less
/// (docs/continual.md).
///
/// The online form pulls toward the latest task's end alone, with A the mean and G the sum of all
/// tasks' factors. For a sum of products Σ A_t⊗G_t is not one product: what is lost is which inputs
/// went with which outputs in which task. Tasks that are alike lose nothing.
///
/// Ritter, Botev and Barber, "Online Structured Laplace Approximations for Overcoming Catastrophic
/// Forgetting", 2018, arXiv 1805.07810. Unlike there, G is of the Fisher information rather than of
/// the Hessian, λ is not for the prior, which there is none of here, and truncation is new.
///
/// Every parameter must be of a dense or convolution layer (in one group) that is used once: Error.
class KroneckerLaplace : public Method {
 public:
  /// Error for an option out of its range, and when the parameters have several dtypes.
  explicit KroneckerLaplace(Network network, const KroneckerLaplaceOptions& options = {});

  void begin_task(const Task& task) override;
  Tensor loss(const Step& step, const Tensor& loss) override;
  void end_task(const Task& task) override;

  /// The penalty at the present parameters, a scalar; 0 before the first task. It cannot be
  /// differentiated twice: AutogradError.
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
  std::vector<std::vector<Factor>> factors_;  // of the weight of each number; none for biases
  int tasks_ = 0;
};

}  // namespace engram::continual
