#pragma once

#include "common/experiment.h"
#include "continual/command_line.h"
#include "continual/protocol.h"
#include "continual/search.h"

#include <engram/experiment/tasks/outcome.h>
#include <engram/experiment/tasks/over_seeds.h>

#include <optional>
#include <string>
#include <vector>

namespace engram::examples::runs {

/// The outcome of a variant with one seed.
struct Result {
  Variant variant;
  std::uint64_t seed;
  Outcome outcome;
};

/// A variant over its seeds, with the published result.
struct Summary {
  Variant variant;
  std::vector<std::uint64_t> seeds{};
  OverSeeds figures;
  std::optional<Published> published{};
};

/// A summary for each variant that has a result, in the command's order.
std::vector<Summary> summaries(const Command& command, const std::vector<Result>& results);

/// Adds to results.json: `methods`, a list with an entry for each result, in the main job's form
/// with `seed`, `memory_bytes` and `diverged` added; `summary`, a list with an entry for each
/// variant, with means and standard errors; and `search`.
void write_results(Results& json, const Command& command, const std::vector<Result>& results,
                   const std::vector<Candidate>& candidates);

/// The table: a row for each variant.
std::vector<std::vector<std::string>> table(const std::vector<Summary>& summaries);
/// The candidates of the search, and its choice.
std::vector<std::vector<std::string>> table(const std::vector<Candidate>& candidates);

}  // namespace engram::examples::runs
