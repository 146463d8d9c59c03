#pragma once

#include <engram/optim/optimizer.h>

#include <cstdint>

namespace engram::optim {

enum class PlateauMode { min, max };    ///< whether a lower metric is better, or a higher one
enum class ThresholdMode { rel, abs };  ///< relative to the best metric, or absolute

struct ReduceLROnPlateauOptions {
  PlateauMode mode = PlateauMode::min;
  double factor = 0.1;         ///< in (0, 1)
  std::int64_t patience = 10;  ///< steps without improvement that are tolerated
  double threshold = 1e-4;     ///< an improvement must exceed this
  ThresholdMode threshold_mode = ThresholdMode::rel;
  std::int64_t cooldown = 0;  ///< steps after a reduction that are not counted
  double min_lr = 0;          ///< of all groups (PyTorch takes a list, too)
  double eps = 1e-8;          ///< a reduction of at most this is skipped
};

/// Multiplies the rates of an optimizer's groups by `factor` when a metric has stopped improving:
///
///     optim::ReduceLROnPlateau plateau(sgd, {.patience = 3});
///     for (...) {
///       ...
///       plateau.step(validation_loss);
///     }
///
/// As PyTorch's. Multiplies the present rates, and so combines with another schedule of the same
/// optimizer, such as a warm-up. The optimizer must outlive this object.
class ReduceLROnPlateau {
 public:
  explicit ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options = {});

  /// Takes the metric of an epoch; NaN is no improvement.
  void step(double metric);

  /// The best metric and the counts; the rates are in the optimizer's state, and the options are
  /// not saved.
  StateDict state_dict() const;
  /// Restores a saved state. Error for the state of another class; nothing is then changed.
  void load_state_dict(const StateDict& state);

 private:
  bool is_better(double metric) const;

  Optimizer* optimizer_;
  ReduceLROnPlateauOptions options_;
  double best_;
  std::int64_t bad_epochs_ = 0;
  std::int64_t cooldown_ = 0;  // remaining steps
};

}  // namespace engram::optim
