#pragma once

#include "common/clock.h"
#include "common/options.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace engram::examples {

using Json = nlohmann::ordered_json;

/// The results.json of one run, with the keys program, command, seed, version, machine, threads,
/// seconds, options, and those that the program adds. A number that is not finite becomes null,
/// and a byte that is not UTF-8, as a file's name may have, becomes U+FFFD.
class Results {
 public:
  /// Makes the output folder. `special` holds the program's own options; the common ones are added
  /// to them. Error when the folder cannot be made or written to.
  Results(const std::string& program, int argc, char** argv, const Options& options,
          const Json& special = Json::object());

  /// The same for a program with options of its own alone.
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

}  // namespace engram::examples
