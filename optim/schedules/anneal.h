#pragma once

#include <cmath>
#include <numbers>

namespace engram::optim {

/// How a rate goes from one value to another: along half a cosine, or straight.
enum class Anneal { cos, linear };

/// The value after a share of the way; a cosine swings back beyond 1.
inline double anneal(Anneal strategy, double from, double to, double share) {
  const double way = strategy == Anneal::cos ? (1 - std::cos(std::numbers::pi * share)) / 2 : share;
  return from * (1 - way) + to * way;
}

}  // namespace engram::optim
