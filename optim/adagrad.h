#pragma once

#include <engram/optim/optimizer.h>

namespace engram::optim {

struct AdagradOptions {
  double lr = 1e-2;                      ///< η
  double lr_decay = 0;                   ///< δ: the rate of update t is η / (1 + (t−1)δ)
  double weight_decay = 0;               ///< λ: adds the gradient of ½λw²
  double initial_accumulator_value = 0;  ///< initial α
  double eps = 1e-10;                    ///< ε: bounds the step where gradients vanish
  bool eps_inside_root = false;          ///< √(α + ε) instead of √α + ε
  bool maximize = false;                 ///< gradient ascent
};

/// Adagrad: Duchi et al., "Adaptive subgradient methods for online learning and stochastic
/// optimization", 2011.
///
///     g ← g + λw
///     α ← α + g²
///     w ← w − η g / (√α + ε)          eps_inside_root: w ← w − η g / √(α + ε)
class Adagrad final : public OptimizerWith<AdagradOptions> {
 public:
  explicit Adagrad(std::vector<Tensor> parameters, const AdagradOptions& options = {})
      : OptimizerWith(options) {
    add_group(std::move(parameters));
  }
  explicit Adagrad(std::vector<std::vector<Tensor>> groups, const AdagradOptions& options = {})
      : OptimizerWith(options) {
    add_groups(std::move(groups));
  }

 private:
  const char* name() const override { return "Adagrad"; }
  Slots slots(const AdagradOptions&) const override { return {{{.name = "sum"}}}; }
  std::vector<Option> list(AdagradOptions& options) const override;
  void check_options(const AdagradOptions& options) const override;
  void update(Parameter& parameter, const AdagradOptions& options) override;
};

}  // namespace engram::optim
