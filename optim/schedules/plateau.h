#pragma once

#include <engram/optim/optimizer.h>

#include <cstdint>

namespace engram::optim {

enum class PlateauMode { min, max };    ///< whether a lower metric is better, or a higher one
enum class ThresholdMode { rel, abs };  ///< whether a threshold is a share of the best, or a number

struct ReduceLROnPlateauOptions {
  PlateauMode mode = PlateauMode::min;
  double factor = 0.1;         ///< in (0, 1)
  std::int64_t patience = 10;  ///< so many steps without an improvement are borne
  double threshold = 1e-4;     ///< an improvement is by more than that
  ThresholdMode threshold_mode = ThresholdMode::rel;
  std::int64_t cooldown = 0;  ///< so many steps after a reduction do not count
  double min_lr = 0;          ///< of all groups (PyTorch takes a list, too)
  double eps = 1e-8;          ///< a rate that would fall by no more than this stays
};

/// Multiplies the rates of an optimizer's groups by `factor` when a metric has stopped improving:
///
///     optim::ReduceLROnPlateau plateau(sgd, {.patience = 3});
///     for (...) {
///       ...
///       plateau.step(validation_loss);
///     }
///
/// As PyTorch's. It changes the rates that it finds, so it goes together with another schedule of
/// the same optimizer, such as a warm-up. The optimizer must outlive it.
class ReduceLROnPlateau {
 public:
  explicit ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options = {});

  /// Tells the metric of an epoch. One that is not a number is no improvement.
  void step(double metric);

  /// The best metric and the counts; the rates are in the state of the optimizer, and the options
  /// are the program's.
  StateDict state_dict() const;
  /// Goes on from a saved state. Error for the state of something else; then nothing has changed.
  void load_state_dict(const StateDict& state);

 private:
  bool is_better(double metric) const;

  Optimizer* optimizer_;
  ReduceLROnPlateauOptions options_;
  double best_;
  std::int64_t bad_epochs_ = 0;
  std::int64_t cooldown_ = 0;  // what is left of it
};

}  // namespace engram::optim
