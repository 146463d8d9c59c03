#pragma once

#include <engram/optim/optimizer.h>

namespace engram::optim {

struct RMSPropOptions {
  double lr = 1e-2;              ///< η
  double alpha = 0.99;           ///< β: decay of the moving mean square
  double eps = 1e-8;             ///< ε: bounds the step where gradients vanish
  double weight_decay = 0;       ///< λ: adds the gradient of ½λw²
  double momentum = 0;           ///< μ
  bool centered = false;         ///< divide by the standard deviation: A − C² in place of A
  bool eps_inside_root = false;  ///< √(A + ε) instead of √A + ε
  bool maximize = false;         ///< gradient ascent
};

/// RMSProp: Tieleman & Hinton, "Neural networks for machine learning", lecture 6e, 2012; centered:
/// Graves, "Generating sequences with recurrent neural networks", 2013.
///
///     g ← g + λw
///     A ← βA + (1−β)g²                centered: C ← βC + (1−β)g as well
///     w ← w − η g / (√A + ε)          eps_inside_root: w ← w − η g / √(A + ε)
///
/// With momentum: V ← μV + g / (√A + ε) ; w ← w − ηV. As PyTorch's RMSprop.
class RMSProp final : public OptimizerWith<RMSPropOptions> {
 public:
  explicit RMSProp(std::vector<Tensor> parameters, const RMSPropOptions& options = {})
      : OptimizerWith(options) {
    add_group(std::move(parameters));
  }
  explicit RMSProp(std::vector<std::vector<Tensor>> groups, const RMSPropOptions& options = {})
      : OptimizerWith(options) {
    add_groups(std::move(groups));
  }

 private:
  const char* name() const override { return "RMSProp"; }
  Slots slots(const RMSPropOptions& options) const override {
    return {{{.name = "square_avg"},
             {.name = "grad_avg", .needed = options.centered},
             {.name = "momentum_buffer", .needed = options.momentum > 0}}};
  }
  std::vector<Option> list(RMSPropOptions& options) const override;
  void check_options(const RMSPropOptions& options) const override;
  void update(Parameter& parameter, const RMSPropOptions& options) override;
};

}  // namespace engram::optim
