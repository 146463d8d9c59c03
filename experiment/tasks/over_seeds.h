#pragma once

#include <engram/experiment/report/estimate.h>
#include <engram/experiment/tasks/method_record.h>
#include <engram/experiment/tasks/outcome.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace engram::experiment {

/// The results of a method over several seeds: means with standard errors. Diverged runs are
/// counted, and excluded from everything else.
struct OverSeeds {
  MethodRecord mean;  ///< name and options; mean matrix, baseline and seconds
  int runs = 0;
  int diverged = 0;
  Estimate acc{}, bwt{}, fwt{}, forgetting{}, learning{};  ///< 0 to 1
  Estimate seconds{};
  std::optional<std::int64_t> memory_bytes{};  ///< the maximum over the runs
};

OverSeeds over_seeds(const std::string& name, const Json& options,
                     std::span<const Outcome> outcomes);

/// A header and a row for each method, for `print_table`: percent, MB and seconds.
std::vector<std::vector<std::string>> table(const std::vector<OverSeeds>& methods);

/// The mean records of the methods, for `plot_tasks`, without methods whose runs all diverged.
std::vector<MethodRecord> mean_records(const std::vector<OverSeeds>& methods);

}  // namespace engram::experiment
