#pragma once

#include <engram/optim/optimizer.h>

namespace engram::optim {

/// Gives the groups of an optimizer learning rates in geometric progression, `first` for the first
/// group and `last` for the last; a single group has `last`. For fine-tuning, with the groups in
/// order from the stem to the head: Howard and Ruder, "Universal language model fine-tuning for
/// text classification", 2018, section 3.2. Error unless both are finite and above 0.
void spread_lr(Optimizer& optimizer, double first, double last);

}  // namespace engram::optim
