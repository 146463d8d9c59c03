#pragma once

#include <cmath>
#include <numbers>

namespace engram::optim {

/// The curve of a rate from one value to another: half a cosine, or a line.
enum class Anneal { cos, linear };

/// The value after this fraction of the curve; a cosine swings back beyond 1.
inline double anneal(Anneal strategy, double from, double to, double share) {
  const double way = strategy == Anneal::cos ? (1 - std::cos(std::numbers::pi * share)) / 2 : share;
  return from * (1 - way) + to * way;
}

}  // namespace engram::optim
