#pragma once

#include "common/experiment.h"

#include <engram/experiment/json.h>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace engram::examples {

/// The options of every example; a program sets its own defaults.
struct Options {
  std::filesystem::path out{};  ///< folder for results.json
  int epochs = 1;
  std::map<std::string, double> learning_rates{};  ///< the default of --lr for each optimizer

  std::uint64_t seed = 0;
  std::optional<int> threads{};
  std::filesystem::path data{};  ///< data::MnistOptions::root
  int batch = 128;
  std::string optimizer = "adam";
  std::optional<double> lr{};

  double learning_rate() const { return lr ? *lr : learning_rates.at(optimizer); }
};

/// The options for results.json; `special` are the program's own.
Json to_json(const Options& options, const Json& special = Json::object());

/// Parses the command line into the options that `app` declares. Prints the help and exits for
/// --help; throws a one-line UsageError for an invalid command line. If stdout cannot be written,
/// as on a full disk, the program ends with an error.
void parse_command_line(CLI::App& app, int argc, char** argv);

/// Declares --threads and --data, common to all examples; `folders` are those that the program
/// reads.
void add_machine_options(CLI::App& app, std::optional<int>& threads, std::filesystem::path& data,
                         const std::string& folders = "the folder mnist");

/// Declares --seed, --threads, --data, --epochs, --batch, --optimizer, --lr and --out, in addition
/// to the options of `app`, parses the command line as above, and sets the number of threads.
void parse_options(CLI::App& app, Options& options, int argc, char** argv);

/// Accepts unsigned 64-bit integers.
CLI::Validator any_seed();
/// Accepts integers from `least` to `most`.
CLI::Validator whole(std::int64_t least, std::int64_t most);
/// Accepts finite numbers from `least` on.
CLI::Validator at_least(double least);
/// Accepts finite numbers above `bound`.
CLI::Validator above(double bound);
/// Accepts numbers from `least` to `most`.
CLI::Validator between(double least, double most);

}  // namespace engram::examples
