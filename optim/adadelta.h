#pragma once

#include <engram/optim/optimizer.h>

namespace engram::optim {

struct AdadeltaOptions {
  double lr = 1;            ///< η: scales the step
  double rho = 0.9;         ///< ρ: how slowly the mean squares forget
  double eps = 1e-6;        ///< ε: starts the steps, and bounds them where gradients vanish
  double weight_decay = 0;  ///< λ: adds the gradient of ½λw²
  bool maximize = false;    ///< climb instead of descend
};

/// Adadelta: Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
///
///     g ← g + λw
///     v ← ρv + (1−ρ)g²
///     Δ = √(u + ε) / √(v + ε) · g
///     u ← ρu + (1−ρ)Δ²
///     w ← w − ηΔ
class Adadelta final : public OptimizerWith<AdadeltaOptions> {
 public:
  explicit Adadelta(std::vector<Tensor> parameters, const AdadeltaOptions& options = {})
      : OptimizerWith(options) {
    add_group(std::move(parameters));
  }
  explicit Adadelta(std::vector<std::vector<Tensor>> groups, const AdadeltaOptions& options = {})
      : OptimizerWith(options) {
    add_groups(std::move(groups));
  }

 private:
  const char* name() const override { return "Adadelta"; }
  Slots slots(const AdadeltaOptions&) const override {
    return {{{.name = "square_avg"}, {.name = "acc_delta"}}};
  }
  std::vector<Option> list(AdadeltaOptions& options) const override;
  void check_options(const AdadeltaOptions& options) const override;
  void update(Parameter& parameter, const AdadeltaOptions& options) override;
};

}  // namespace engram::optim
