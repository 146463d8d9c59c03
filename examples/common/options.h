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
  std::map<std::string, double> learning_rates{};  ///< of each optimizer, where --lr is not given

  std::uint64_t seed = 0;
  std::optional<int> threads{};
  std::filesystem::path data{};  ///< as data::MnistOptions has it
  int batch = 128;
  std::string optimizer = "adam";
  std::optional<double> lr{};

  double learning_rate() const { return lr ? *lr : learning_rates.at(optimizer); }
};

/// As results.json has them; `special` are the program's own.
Json to_json(const Options& options, const Json& special = Json::object());

/// Reads the command line into what `app` has declared. Prints the help and exits for --help;
/// throws UsageError, of one line, for what it does not understand. When the program ends and what
/// it printed could not be written, as to a full disk, it ends with an error that says so.
void parse_command_line(CLI::App& app, int argc, char** argv);

/// Declares --threads and --data, as every example has them; `folders` are those that the program
/// reads.
void add_machine_options(CLI::App& app, std::optional<int>& threads, std::filesystem::path& data,
                         const std::string& folders = "the folder mnist");

/// Declares --seed, --threads, --data, --epochs, --batch, --optimizer, --lr and --out, besides what
/// `app` has already, reads the command line into `options` as above, and sets the number of
/// threads.
void parse_options(CLI::App& app, Options& options, int argc, char** argv);

/// Accepts what fits 64 bits without a sign.
CLI::Validator any_seed();
/// Accepts whole numbers from `least` to `most`.
CLI::Validator whole(std::int64_t least, std::int64_t most);
/// Accepts finite numbers from `least` on.
CLI::Validator at_least(double least);
/// Accepts finite numbers above `bound`.
CLI::Validator above(double bound);
/// Accepts numbers from `least` to `most`.
CLI::Validator between(double least, double most);

}  // namespace engram::examples
