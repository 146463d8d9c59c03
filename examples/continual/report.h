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

/// A variant with one seed, done.
struct Result {
  Variant variant;
  std::uint64_t seed;
  Outcome outcome;
};

/// A variant over its seeds, beside what was published.
struct Summary {
  Variant variant;
  std::vector<std::uint64_t> seeds{};
  OverSeeds figures;
  std::optional<Published> published{};
};

/// One for each variant that has a result, in the command's order.
std::vector<Summary> summaries(const Command& command, const std::vector<Result>& results);

/// What the program adds to results.json: `methods`, a list with an entry for each result as the
/// main job has them, and `seed`, `memory_bytes` and `diverged` in it; `summary`, a list with an
/// entry for each variant, with mean and standard error; and `search`.
void write_results(Results& json, const Command& command, const std::vector<Result>& results,
                   const std::vector<Candidate>& candidates);

/// The table: a row for each variant.
std::vector<std::vector<std::string>> table(const std::vector<Summary>& summaries);
/// What the search tried, and what it chose.
std::vector<std::vector<std::string>> table(const std::vector<Candidate>& candidates);

}  // namespace engram::examples::runs
