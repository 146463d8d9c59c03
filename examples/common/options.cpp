#include "common/options.h"

#include "common/failure.h"

#include <engram/autograd/threads.h>

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace engram::examples {
namespace {

/// The text as a number; NaN if it is none.
double number(const std::string& text) {
  double value;
  return CLI::detail::lexical_cast(text, value) ? value : std::nan("");
}

/// An atexit handler: ends the program with an error if stdout could not be written.
void end_without_output() {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return;
  std::fprintf(stderr, "standard output: %s\n", std::strerror(errno));
  std::_Exit(1);
}

}  // namespace

Json to_json(const Options& options, const Json& special) {
  Json json = {{"data", options.data.string()}, {"epochs", options.epochs},
               {"batch", options.batch},        {"optimizer", options.optimizer},
               {"lr", options.learning_rate()}, {"out", options.out.string()}};
  json.update(special);
  return json;
}

CLI::Validator any_seed() {
  // CLI11 alone would accept 2^64, as 2^64 - 1.
  return CLI::Validator(
      [](const std::string& text) {
        std::uint64_t value;
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        return error == std::errc() && stop == end
                   ? ""
                   : fmt::format("must be a whole number from 0 to {}, got {}", UINT64_MAX, text);
      },
      "");
}

CLI::Validator whole(std::int64_t least, std::int64_t most) {
  return CLI::Validator(
      [=](const std::string& text) {
        std::int64_t value;
        return CLI::detail::lexical_cast(text, value) && value >= least && value <= most
                   ? ""
                   : fmt::format("must be a whole number from {} to {}, got {}", least, most, text);
      },
      "");
}

CLI::Validator at_least(double least) {
  return CLI::Validator(
      [least](const std::string& text) {
        const double value = number(text);
        return value >= least && std::isfinite(value)
                   ? ""
                   : fmt::format("must be a finite number from {} on, got {}", least, text);
      },
      "");
}

CLI::Validator above(double bound) {
  return CLI::Validator(
      [bound](const std::string& text) {
        const double value = number(text);
        return value > bound && std::isfinite(value)
                   ? ""
                   : fmt::format("must be a finite number above {}, got {}", bound, text);
      },
      "");
}

CLI::Validator between(double least, double most) {
  return CLI::Validator(
      [=](const std::string& text) {
        const double value = number(text);
        return value >= least && value <= most
                   ? ""
                   : fmt::format("must be in [{}, {}], got {}", least, most, text);
      },
      "");
}

void parse_command_line(CLI::App& app, int argc, char** argv) {
  std::atexit(end_without_output);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    std::exit(0);
  } catch (const CLI::ConfigError& error) {
    const std::string text = error.what(), unknown = "INI was not able to parse ";
    throw UsageError(text.starts_with(unknown)
                         ? fmt::format("--config: there is no option {} (see --help)",
                                       text.substr(unknown.size()))
                         : fmt::format("--config: {} (see --help)", text));
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{} (see --help)", error.what()));
  }
}

void add_machine_options(CLI::App& app, std::optional<int>& threads, std::filesystem::path& data,
                         const std::string& folders) {
  app.add_option("--threads", threads, "How many to use; all cores by default")
      ->check(whole(1, 1024));
  app.add_option("--data", data,
                 "Folder that has " + folders + "; $ENGRAM_DATA or ~/.cache/engram by default");
}

void parse_options(CLI::App& app, Options& options, int argc, char** argv) {
  std::string rates;
  for (const auto& [optimizer, rate] : options.learning_rates) {
    rates += fmt::format("{}{} {}", rates.empty() ? "" : ", ", optimizer, rate);
  }
  app.add_option("--seed", options.seed, "Of the initial weights and the order of the samples")
      ->check(any_seed())
      ->capture_default_str();
  add_machine_options(app, options.threads, options.data);
  app.add_option("--epochs", options.epochs, "How often to go through the training images")
      ->check(whole(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--batch", options.batch, "Images in a training step")
      ->check(whole(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--optimizer", options.optimizer, "sgd, momentum, adagrad, rmsprop or adam")
      ->check(CLI::IsMember(options.learning_rates))
      ->capture_default_str();
  app.add_option("--lr", options.lr, "Learning rate; by default " + rates)->check(above(0));
  app.add_option("--out", options.out, "Folder for the results")->capture_default_str();
  parse_command_line(app, argc, argv);
  if (options.threads) set_num_threads(*options.threads);
}

}  // namespace engram::examples
