#pragma once

#include <engram/experiment/tasks/outcome.h>
#include "common/experiment.h"
#include "continual/command_line.h"

#include <engram/experiment/report/estimate.h>

#include <functional>
#include <string>
#include <vector>

namespace engram::examples::runs {

/// A strength of a method that the search has tried, on validation tasks.
struct Candidate {
  std::string method;
  std::string option;  ///< "lambda"
  double value;
  Estimate acc, learning;  ///< over the seeds; none when one of them diverged
  bool chosen = false;
};

/// How many runs a search has: every method that has a grid, every strength, every seed.
std::int64_t search_runs(const Command& command);

/// Tries all of them and gives each method's variants the strength with the highest accuracy at the
/// end, of equal ones the first. `run` says what comes of a setup. Error when all of them diverged.
std::vector<Candidate> search(Command& command, const std::function<Outcome(const Setup&)>& run);

}  // namespace engram::examples::runs
