#pragma once

#include <engram/experiment/json.h>
#include <engram/experiment/run/clock.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace engram::experiment {

/// The results.json of one run, with the keys program, command, seed, version, machine, threads,
/// seconds, options, and those that the program adds. A number that is not finite becomes null,
/// and a byte that is not UTF-8, as a file's name may have, becomes U+FFFD.
class Results {
 public:
  /// Makes the output folder. Error when it cannot be made or written to.
  Results(const std::string& program, int argc, char** argv, const std::filesystem::path& out,
          std::uint64_t seed, const Json& options);

  Json& operator[](const char* key) { return json_[key]; }

  /// Writes everything as it is now. A reader sees the file of before or of after, never a part.
  void write();

  double seconds() const;  ///< since the start of the run

 private:
  std::filesystem::path folder_;
  Clock::time_point start_ = Clock::now();
  Json json_;
};

}  // namespace engram::experiment
