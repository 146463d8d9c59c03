#include <engram/experiment/report/table.h>
#include <engram/experiment/tasks/over_seeds.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace engram::experiment {
namespace {

/// sum += values / count
void add_share(std::vector<double>& sum, const std::vector<double>& values, std::size_t count) {
  sum.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum[i] += values[i] / static_cast<double>(count);
  }
}

/// The method's memory in MB; "-" if all runs diverged.
std::string memory_text(const OverSeeds& method) {
  if (method.memory_bytes) {
    return fmt::format("{:.1f}", static_cast<double>(*method.memory_bytes) / 1e6);
  }
  return method.diverged < method.runs ? "all data" : "-";
}

std::string seconds_text(const Estimate& seconds) {
  if (std::isnan(seconds.mean)) return "-";
  if (std::isnan(seconds.error)) return fmt::format("{:.1f}", seconds.mean);
  return fmt::format("{:.1f} ± {:.1f}", seconds.mean, seconds.error);
}

}  // namespace

OverSeeds over_seeds(const std::string& name, const Json& options,
                     std::span<const Outcome> outcomes) {
  OverSeeds method{.mean = MethodRecord(name, options), .runs = static_cast<int>(outcomes.size())};
  std::vector<const Outcome*> good;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.diverged) good.push_back(&outcome);
  }
  method.diverged = method.runs - static_cast<int>(good.size());
  const auto estimated = [&](auto value) {
    std::vector<double> values;
    for (const Outcome* outcome : good) values.push_back(value(*outcome));
    return estimate(values);
  };
  method.acc = estimated([](const Outcome& o) { return o.metrics().acc; });
  method.bwt = estimated([](const Outcome& o) { return o.metrics().bwt; });
  method.fwt = estimated([](const Outcome& o) { return o.metrics().fwt; });
  method.forgetting = estimated([](const Outcome& o) { return o.metrics().forgetting; });
  method.learning = estimated([](const Outcome& o) { return o.metrics().learning; });
  method.seconds = estimated([](const Outcome& o) { return o.seconds; });
  for (const Outcome* outcome : good) {
    method.memory_bytes = std::max(method.memory_bytes, outcome->memory_bytes);
    method.mean.matrix.resize(outcome->matrix.size());
    add_share(method.mean.baseline, outcome->baseline, good.size());
    for (std::size_t row = 0; row < outcome->matrix.size(); ++row) {
      add_share(method.mean.matrix[row], outcome->matrix[row], good.size());
    }
  }
  method.mean.seconds = method.seconds.mean;
  return method;
}

std::vector<std::vector<std::string>> table(const std::vector<OverSeeds>& methods) {
  std::vector<std::vector<std::string>> rows{
      {"method", "ACC %", "BWT %", "FWT %", "forgetting %", "learning %", "memory MB", "seconds"}};
  for (const OverSeeds& method : methods) {
    rows.push_back({method.mean.name, percent(method.acc), percent(method.bwt), percent(method.fwt),
                    percent(method.forgetting), percent(method.learning), memory_text(method),
                    seconds_text(method.seconds)});
    if (method.diverged > 0) {
      rows.back()[0] += fmt::format(" ({} of {} diverged)", method.diverged, method.runs);
    }
  }
  return rows;
}

std::vector<MethodRecord> mean_records(const std::vector<OverSeeds>& methods) {
  std::vector<MethodRecord> records;
  for (const OverSeeds& method : methods) {
    if (!method.mean.matrix.empty()) records.push_back(method.mean);
  }
  return records;
}

}  // namespace engram::experiment
