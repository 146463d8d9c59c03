#pragma once

#include <optional>
#include <string>

namespace engram::experiment {

/// A published figure, in the unit of the column that it is compared with.
struct PublishedFigure {
  double value;
  std::optional<double> error{};  ///< standard error, where one was published
};

/// "94.31 ± 0.11"
std::string to_text(const PublishedFigure& figure);

}  // namespace engram::experiment
