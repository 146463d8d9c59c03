#pragma once

#include "optimizers/statistics.h"
#include "optimizers/study.h"

#include <array>

namespace engram::examples::study {

/// Figures measured on the paths.
struct PathFigures {
  Estimate sgd_cosine, momentum_cosine;  ///< `mean_cosine` in the bowl, at one rate, 20 seeds
  Estimate sgd_way, momentum_way;        ///< `steep_way` of the same paths
  std::array<double, 3> momenta = {0.5, 0.9, 0.99};
  std::array<double, 3> overshoots{};  ///< of those momenta
};
PathFigures measure_paths();

/// Part 1: the paths over the contour lines, and an animation of them.
Section paths_section(const Study& study, const PathFigures& figures);

}  // namespace engram::examples::study
