#include <engram/experiment/tasks/outcome.h>

#include <cmath>

namespace engram::experiment {
namespace {

template <class T>
Json optional_to_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

template <class T>
std::optional<T> optional_from_json(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional<T>(json.get<T>());
}

}  // namespace

continual::Metrics Outcome::metrics() const {
  if (matrix.empty() || diverged) {
    const double nan = std::nan("");
    return {nan, nan, nan, nan, nan};
  }
  return continual::metrics_of(matrix, baseline);
}

Json to_json(const Outcome& outcome) {
  return {{"baseline", outcome.baseline},
          {"matrix", outcome.matrix},
          {"seconds", outcome.seconds},
          {"memory_bytes", optional_to_json(outcome.memory_bytes)},
          {"diverged", optional_to_json(outcome.diverged)}};
}

Outcome outcome_from_json(const Json& json) {
  return {.baseline = json.at("baseline"),
          .matrix = json.at("matrix"),
          .seconds = json.at("seconds"),
          .memory_bytes = optional_from_json<std::int64_t>(json.at("memory_bytes")),
          .diverged = optional_from_json<std::int64_t>(json.at("diverged"))};
}

}  // namespace engram::experiment
