#pragma once

#include <engram/optim/optimizer.h>

namespace engram::optim {

struct SGDOptions {
  double lr = 1e-3;         ///< η
  double weight_decay = 0;  ///< λ: adds the gradient of ½λw²
  bool maximize = false;    ///< climb instead of descend
};

/// Stochastic gradient descent; on one batch of everything, gradient descent.
///
///     g ← g + λw
///     w ← w − ηg
///
/// As PyTorch's SGD without momentum.
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
  Slots slots() const override { return {}; }
  std::vector<Option> list(SGDOptions& options) const override;
  void check_options(const SGDOptions& options) const override;
  void update(Parameter& parameter, const SGDOptions& options) override;
};

}  // namespace engram::optim
