#pragma once

#include <engram/optim/optimizer.h>

namespace engram::optim {

struct MomentumOptions {
  double lr = 1e-3;             ///< η
  double momentum = 0.9;        ///< μ
  double dampening = 0;         ///< τ
  double weight_decay = 0;      ///< λ: adds the gradient of ½λw²
  bool nesterov = false;        ///< look ahead; needs momentum, and no dampening
  bool moving_average = false;  ///< V is the moving average of the gradients; needs no dampening
  bool maximize = false;        ///< climb instead of descend
};

/// Gradient descent with momentum.
///
///     g ← g + λw
///     V ← μV + (1−τ)g        the first update: V ← g
///     w ← w − ηV             nesterov: w ← w − η(g + μV)
///
/// As PyTorch's SGD with momentum, whose default for μ is 0. `moving_average` makes of V an
/// exponentially weighted mean that starts at 0:
///
///     V ← μV + (1−μ)g
///     w ← w − ηV
///
/// At a constant rate this is the form above with η scaled by 1−μ.
class Momentum final : public OptimizerWith<MomentumOptions> {
 public:
  explicit Momentum(std::vector<Tensor> parameters, const MomentumOptions& options = {})
      : OptimizerWith(options) {
    add_group(std::move(parameters));
  }
  explicit Momentum(std::vector<std::vector<Tensor>> groups, const MomentumOptions& options = {})
      : OptimizerWith(options) {
    add_groups(std::move(groups));
  }

 private:
  const char* name() const override { return "Momentum"; }
  Slots slots() const override { return {{{.name = "momentum_buffer"}}}; }
  std::vector<Option> list(MomentumOptions& options) const override;
  void check_options(const MomentumOptions& options) const override;
  void update(Parameter& parameter, const MomentumOptions& options) override;
};

}  // namespace engram::optim
