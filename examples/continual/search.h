#pragma once

#include <engram/experiment/tasks/outcome.h>
#include "common/experiment.h"
#include "continual/command_line.h"

#include <engram/experiment/report/estimate.h>

#include <functional>
#include <string>
#include <vector>

namespace engram::examples::runs {

/// A strength of a method, evaluated by the search on validation tasks.
struct Candidate {
  std::string method;
  std::string option;  ///< "lambda"
  double value;
  Estimate acc, learning;  ///< over the seeds; none when one of them diverged
  bool chosen = false;
};

/// The number of runs of the search: methods with a grid × strengths × seeds.
std::int64_t search_runs(const Command& command);

/// Runs all of them and sets each method's variants to the strength with the highest accuracy at
/// the end, of equal ones the first. `run` returns the outcome of a setup. Error when all diverged.
std::vector<Candidate> search(Command& command, const std::function<Outcome(const Setup&)>& run);

}  // namespace engram::examples::runs
