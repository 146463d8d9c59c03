#pragma once

#include "continual/setup.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace engram::examples::runs {

/// A method with certain options: one row of the table.
struct Variant {
  std::string method;
  Json options;
  std::string label;  ///< the method, and what tells it from its other variants: "ewc, lambda 10"
};

/// What was asked for.
struct Command {
  std::string protocol;  ///< empty for none
  Setup setup;           ///< of every run, but for method, options and seed
  std::vector<Variant> variants;
  std::vector<std::uint64_t> seeds;
  /// The strengths that --search tries, of the methods for which one is to be chosen.
  std::map<std::string, std::vector<double>> grids;
  int search_seeds = 1;  ///< 0, 1, …
  std::filesystem::path data;
  std::filesystem::path out;
};

/// Reads the command line, and the file that --config names; sets the number of threads. What is
/// given goes before what the protocol says. UsageError for what is not understood.
Command read_command_line(int argc, char** argv);

/// The run of a variant with a seed.
Setup setup_of(const Command& command, const Variant& variant, std::uint64_t seed);

}  // namespace engram::examples::runs
