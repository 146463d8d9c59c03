#include <engram/experiment/report/estimate.h>
#include <engram/experiment/report/table.h>

#include <fmt/format.h>

namespace engram::experiment {

Estimate estimate(std::span<const double> values) {
  Estimate result{.count = static_cast<int>(values.size())};
  if (values.empty()) return result;
  const double n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (double value : values) sum += value;
  result.mean = sum / n;
  for (double value : values) squares += (value - result.mean) * (value - result.mean);
  if (values.size() > 1) result.error = std::sqrt(squares / (n - 1) / n);
  return result;
}

Json to_json(const Estimate& estimate) {
  return {{"mean", estimate.mean}, {"standard_error", estimate.error}};
}

std::string percent(const Estimate& estimate) {
  if (std::isnan(estimate.error)) return percent(estimate.mean);
  return fmt::format("{} ± {}", percent(estimate.mean), percent(estimate.error));
}

}  // namespace engram::experiment
