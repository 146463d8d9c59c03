#pragma once

#include "continual/setup.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace engram::examples::runs {

/// A method with its options: one row of the table.
struct Variant {
  std::string method;
  Json options;
  std::string
      label;  ///< the method, and the options that differ between variants: "ewc, lambda 10"
};

/// The parsed command line.
struct Command {
  std::string protocol;  ///< empty for none
  Setup setup;           ///< of every run, except method, options and seed
  std::vector<Variant> variants;
  std::vector<std::uint64_t> seeds;
  /// The strengths to search, for each method that --search applies to.
  std::map<std::string, std::vector<double>> grids;
  int search_seeds = 1;  ///< 0, 1, …
  std::filesystem::path data;
  std::filesystem::path out;
};

/// Parses the command line, and the file of --config; sets the number of threads. Options given
/// take precedence over the protocol's. UsageError for an invalid command line.
Command read_command_line(int argc, char** argv);

/// The run of a variant with a seed.
Setup setup_of(const Command& command, const Variant& variant, std::uint64_t seed);

}  // namespace engram::examples::runs
