#pragma once

#include "common/estimate.h"
#include "common/method_record.h"
#include "continual/command_line.h"
#include "continual/outcome.h"
#include "continual/protocol.h"
#include "continual/search.h"

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

/// A variant over its seeds. Runs that diverged are counted, and left out of everything else.
struct Summary {
  Variant variant;
  std::vector<std::uint64_t> seeds{};
  int diverged = 0;
  Estimate acc{}, bwt{}, fwt{}, forgetting{}, learning{};
  Estimate seconds{};
  std::optional<std::int64_t> memory_bytes{};
  MethodRecord mean;  ///< matrix and baseline
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
