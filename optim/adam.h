#pragma once

#include <engram/optim/optimizer.h>

#include <array>

namespace engram::optim {

struct AdamOptions {
  double lr = 1e-3;                            ///< η
  std::array<double, 2> betas = {0.9, 0.999};  ///< β₁ of the mean, β₂ of the mean square
  double eps = 1e-8;                           ///< ε: bounds the step where gradients vanish
  double weight_decay = 0;                     ///< λ
  bool decoupled = false;                      ///< weight decay as in AdamW
  bool nesterov = false;                       ///< Nesterov momentum, as in NAdam
  double momentum_decay = 4e-3;                ///< ψ, for nesterov
  bool amsgrad = false;                        ///< divide by the largest mean square so far
  bool eps_inside_root = false;                ///< √(v̂ + ε) instead of √v̂ + ε
  bool maximize = false;                       ///< gradient ascent
};

/// Adam: Kingma & Ba, "Adam: a method for stochastic optimization", 2015.
///
///     g ← g + λw                      decoupled: w ← (1 − ηλ)w instead
///     m ← β₁m + (1−β₁)g               m̂ = m / (1 − β₁ᵗ)
///     v ← β₂v + (1−β₂)g²              v̂ = v / (1 − β₂ᵗ)
///     w ← w − η m̂ / (√v̂ + ε)          eps_inside_root: w ← w − η m̂ / √(v̂ + ε)
///
/// t counts the updates of the parameter. `amsgrad` replaces v in v̂ by the largest v so far, as
/// PyTorch does (Reddi et al., "On the convergence of Adam and beyond", 2018). With `decoupled`
/// this is PyTorch's AdamW (Loshchilov & Hutter, "Decoupled weight decay regularization", 2019),
/// whose default for λ is 0.01.
///
/// With `nesterov` this is PyTorch's NAdam (Dozat, "Incorporating Nesterov momentum into Adam",
/// 2016), whose default for η is 2e-3. Its momentum μ rises from about β₁/2 to β₁:
///
///     μₜ = β₁(1 − ½·0.96^(tψ))
///     m̂ = μₜ₊₁ m / (1 − μ₁μ₂…μₜ₊₁) + (1 − μₜ) g / (1 − μ₁μ₂…μₜ)
class Adam final : public OptimizerWith<AdamOptions> {
 public:
  explicit Adam(std::vector<Tensor> parameters, const AdamOptions& options = {})
      : OptimizerWith(options) {
    add_group(std::move(parameters));
  }
  explicit Adam(std::vector<std::vector<Tensor>> groups, const AdamOptions& options = {})
      : OptimizerWith(options) {
    add_groups(std::move(groups));
  }

 private:
  const char* name() const override { return "Adam"; }
  Slots slots(const AdamOptions& options) const override {
    return {{{.name = "exp_avg"},
             {.name = "exp_avg_sq"},
             {.name = "max_exp_avg_sq", .needed = options.amsgrad},
             {.name = "mu_product", .needed = options.nesterov, .is_number = true}}};
  }
  std::vector<Option> list(AdamOptions& options) const override;
  void check_options(const AdamOptions& options) const override;
  void update(Parameter& parameter, const AdamOptions& options) override;
};

}  // namespace engram::optim
