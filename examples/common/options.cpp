#include "common/options.h"

#include "common/stop.h"

#include <engram/autograd/threads.h>

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace engram::examples {
namespace {

/// The number that the text is, or NaN.
double number(const std::string& text) {
  double value;
  return CLI::detail::lexical_cast(text, value) ? value : std::nan("");
}

}  // namespace

CLI::Validator at_least(double least) {
  return CLI::Validator(
      [least](const std::string& text) {
        return number(text) >= least ? "" : fmt::format("must be at least {}, got {}", least, text);
      },
      "");
}

CLI::Validator above(double bound) {
  return CLI::Validator(
      [bound](const std::string& text) {
        return number(text) > bound ? "" : fmt::format("must be above {}, got {}", bound, text);
      },
      "");
}

CLI::Validator between(double least, double most) {
  return CLI::Validator(
      [=](const std::string& text) {
        const double value = number(text);
        return value >= least && value <= most
                   ? ""
                   : fmt::format("must lie in [{}, {}], got {}", least, most, text);
      },
      "");
}

void parse_options(CLI::App& app, Options& options, int argc, char** argv) {
  std::string rates;
  for (const auto& [optimizer, rate] : options.learning_rates) {
    rates += fmt::format("{}{} {}", rates.empty() ? "" : ", ", optimizer, rate);
  }
  app.add_option("--seed", options.seed, "Of the initial weights and the order of the samples")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "How many to use; all cores by default")
      ->check(at_least(1));
  app.add_option("--data", options.data,
                 "Folder that has the folder mnist; $ENGRAM_DATA or ~/.cache/engram by default");
  app.add_option("--epochs", options.epochs, "How often to go through the training images")
      ->check(at_least(1))
      ->capture_default_str();
  app.add_option("--batch", options.batch, "Images in a training step")
      ->check(at_least(1))
      ->capture_default_str();
  app.add_option("--optimizer", options.optimizer, "sgd, momentum, adagrad, rmsprop or adam")
      ->check(CLI::IsMember(options.learning_rates))
      ->capture_default_str();
  app.add_option("--lr", options.lr, "Learning rate; by default " + rates)->check(above(0));
  app.add_option("--out", options.out, "Folder for the results")->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    std::exit(0);
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{} (see --help)", error.what()));
  }
  if (options.threads) set_num_threads(*options.threads);
}

}  // namespace engram::examples
