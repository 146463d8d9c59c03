#pragma once

#include <engram/optim/optimizer.h>

namespace engram::optim {

struct SGDOptions {
  double lr = 1e-3;             ///< η
  double momentum = 0;          ///< μ; 0.9 is usual
  double dampening = 0;         ///< τ
  double weight_decay = 0;      ///< λ: adds the gradient of ½λw²
  bool nesterov = false;        ///< Nesterov momentum; needs momentum, and no dampening
  bool moving_average = false;  ///< V is the moving average of the gradients; needs no dampening
  bool maximize = false;        ///< gradient ascent
};

/// Stochastic gradient descent, with or without momentum; with all samples in one batch, gradient
/// descent.
///
///     g ← g + λw
///     V ← μV + (1−τ)g        the first update: V ← g; without momentum V is g, and not kept
///     w ← w − ηV             nesterov: w ← w − η(g + μV)
///
/// As PyTorch's SGD. With `moving_average` V is an exponential moving average that starts at 0:
///
///     V ← μV + (1−μ)g
///     w ← w − ηV
///
/// At a constant rate this is the form above with η scaled by 1−μ; a dampening of μ differs from it
/// in the first update alone.
class SGD final : public OptimizerWith<SGDOptions> {
 public:
  explicit SGD(std::vector<Tensor> parameters, const SGDOptions& options = {})
      : OptimizerWith(options) {
    add_group(std::move(parameters));
  }
  explicit SGD(std::vector<std::vector<Tensor>> groups, const SGDOptions& options = {})
      : OptimizerWith(options) {
    add_groups(std::move(groups));
  }

 private:
  const char* name() const override { return "SGD"; }
  const char* former_name() const override { return "Momentum"; }
  Slots slots(const SGDOptions& options) const override {
    return {{{.name = "momentum_buffer", .needed = options.momentum != 0}}};
  }
  std::vector<Option> list(SGDOptions& options) const override;
  void check_options(const SGDOptions& options) const override;
  void update(Parameter& parameter, const SGDOptions& options) override;
};

}  // namespace engram::optim
