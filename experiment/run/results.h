#pragma once

#include <engram/experiment/json.h>
#include <engram/experiment/run/clock.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace engram::experiment {

/// The results.json of one run, with the keys program, command, seed, version, machine, threads,
/// seconds, options, and those that the program adds. A number that is not finite becomes null, an
/// invalid byte of UTF-8, such as in a file name, U+FFFD.
class Results {
 public:
  /// Makes the output folder. Error when it cannot be created or written to.
  Results(const std::string& program, int argc, char** argv, const std::filesystem::path& out,
          std::uint64_t seed, const Json& options);

  Json& operator[](const char* key) { return json_[key]; }

  /// Writes the current state, atomically: a reader sees the old file or the new one.
  void write();

  double seconds() const;  ///< since the start of the run

 private:
  std::filesystem::path folder_;
  Clock::time_point start_ = Clock::now();
  Json json_;
};

}  // namespace engram::experiment
