#include <engram/experiment/report/published.h>

#include <fmt/format.h>

namespace engram::experiment {

std::string to_text(const PublishedFigure& figure) {
  if (!figure.error) return fmt::format("{:.2f}", figure.value);
  return fmt::format("{:.2f} ± {:.2f}", figure.value, *figure.error);
}

}  // namespace engram::experiment
