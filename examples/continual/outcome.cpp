#include "continual/outcome.h"

#include <cmath>

namespace engram::examples::runs {
namespace {

template <class T>
Json optional_to_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

template <class T>
std::optional<T> optional_from_json(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional<T>(json.get<T>());
}

std::string checksum(const Json& line) { return Fingerprint().add(line.dump()).text(); }

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

Store::Store(const std::filesystem::path& file) : file_(file), damaged_(file_.unreadable()) {
  for (Json line : file_.values()) {
    try {
      const std::string sum = line.at("checksum");
      line.erase("checksum");
      if (sum == checksum(line)) {
        outcomes_.emplace(line.at("setup").dump(), outcome_from_json(line.at("outcome")));
        continue;
      }
    } catch (const Json::exception&) {
    }
    ++damaged_;
  }
}

const Outcome* Store::find(const Setup& setup) const {
  const auto found = outcomes_.find(to_json(setup).dump());
  return found == outcomes_.end() ? nullptr : &found->second;
}

void Store::add(const Setup& setup, const Outcome& outcome) {
  Json line = {{"setup", to_json(setup)}, {"outcome", to_json(outcome)}};
  line["checksum"] = checksum(line);
  file_.add(line);
  outcomes_.insert_or_assign(line["setup"].dump(), outcome);
}

}  // namespace engram::examples::runs
