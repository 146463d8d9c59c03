#pragma once

#include "common/estimate.h"
#include "continual/command_line.h"
#include "continual/outcome.h"

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

/// What there is to run for a search: every method that has a grid, every strength, every seed.
std::vector<Setup> search_setups(const Command& command);

/// Tries all of them and gives each method's variants the strength with the highest accuracy at the
/// end, of equal ones the first. `run` says what comes of a setup. Error when all of them diverged.
std::vector<Candidate> search(Command& command, const std::function<Outcome(const Setup&)>& run);

}  // namespace engram::examples::runs
