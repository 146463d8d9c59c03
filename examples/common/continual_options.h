#pragma once

#include "common/experiment.h"
#include "common/options.h"

#include <engram/experiment/run/results.h>
#include <engram/optim/ewc.h>

#include <string>
#include <vector>

namespace engram::examples {

/// The options of a program that learns a sequence of tasks.
struct ContinualOptions {
  std::vector<std::string> methods = {"naive", "ewc"};
  int tasks = 10;
  std::optional<std::int64_t> iterations{};  ///< steps on each task; by default given by --epochs
  std::int64_t hidden = 400;
  std::int64_t pad = 0;
  double lambda = 60;
  double gamma = 0.9;
  std::string fisher = "exact";
  std::int64_t fisher_samples = 1000;
};

/// Declares --method, --tasks, --iterations, --hidden, --pad, --lambda, --gamma, --fisher and
/// --fisher-samples. `options` must live until the command line is read.
void add_options(CLI::App& app, ContinualOptions& options);

bool is_ewc(const std::string& method);

/// The options of EWC, or online EWC.
optim::EWCOptions ewc_options(const std::string& method, const ContinualOptions& options,
                              std::uint64_t seed);

/// The options of this method alone, for results.json.
Json method_options(const std::string& method, const ContinualOptions& options);

}  // namespace engram::examples
