#include "continual/command_line.h"

#include "common/failure.h"
#include "common/options.h"
#include "continual/methods.h"
#include "continual/protocol.h"

#include <engram/autograd/threads.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

namespace engram::examples::runs {
namespace {

/// The options on the command line or in the file; empty ones are set by the protocol.
struct Given {
  std::vector<std::string> methods = {"naive", "ewc"};
  std::string scenario = "permuted", incremental = "domain", dataset = "mnist", protocol;
  std::optional<int> tasks, layers, epochs, seeds, threads;
  std::optional<std::int64_t> pad, hidden, batch, iterations;
  std::optional<double> dropout, lr;
  std::optional<std::string> init, optimizer, schedule;
  bool reset_optimizer = false, search = false;
  std::uint64_t seed = 0;
  std::vector<double> grid;
  int search_seeds = 1;
  std::filesystem::path data, out = "out/continual";
  std::map<std::string, std::vector<std::string>> of_methods;  // "lambda" or "ewc-lambda"
};

void declare_tasks(CLI::App& app, Given& given) {
  app.add_option("--scenario", given.scenario, "What the tasks are")
      ->check(CLI::IsMember({"permuted", "rotated", "split", "handwritings"}))
      ->capture_default_str();
  app.add_option("--incremental", given.incremental,
                 "Form: is it known which task an image is from (task), not needed (domain), or to "
                 "be found out (class)?")
      ->check(CLI::IsMember({"task", "domain", "class"}))
      ->capture_default_str();
  app.add_option("--dataset", given.dataset, "Of which images the tasks are made")
      ->check(CLI::IsMember({"mnist", "fashion-mnist"}))
      ->capture_default_str();
  app.add_option("--tasks", given.tasks, "How many; by default 10, split 5")->check(whole(1, 1000));
  app.add_option("--pad", given.pad, "Zeros around the images; by default 0")->check(whole(0, 100));
}

void declare_training(CLI::App& app, Given& given) {
  app.add_option("--protocol", given.protocol,
                 "Network, training and hyperparameters of a publication, where no other option "
                 "says otherwise")
      ->check(CLI::IsMember(protocols()));
  app.add_option("--hidden", given.hidden, "Units in each hidden layer; by default 400")
      ->check(whole(1, 10'000));
  app.add_option("--layers", given.layers, "Hidden layers; by default 2")->check(whole(0, 100));
  app.add_option("--dropout", given.dropout, "Share of the hidden units; by default 0")
      ->check(between(0, 0.99));
  app.add_option("--init", given.init,
                 "How weights start: by default as dense layers do here and in PyTorch; xavier: as "
                 "in Keras, with biases of 0")
      ->check(CLI::IsMember({"default", "xavier"}));
  app.add_option("--optimizer", given.optimizer, "By default adam")
      ->check(CLI::IsMember({"sgd", "momentum", "adagrad", "rmsprop", "adam"}));
  app.add_option("--lr", given.lr, "Learning rate; by default 1e-3")->check(above(0));
  app.add_option("--schedule", given.schedule, "Of the rate within a task; by default constant")
      ->check(CLI::IsMember({"constant", "cosine"}));
  app.add_flag("--reset-optimizer", given.reset_optimizer,
               "Forget the optimizer's averages before each task");
  app.add_option("--batch", given.batch, "Images in a training step; by default 128")
      ->check(whole(1, 1'000'000));
  auto* iterations = app.add_option("--iterations", given.iterations, "Steps on each task")
                         ->check(whole(1, 1'000'000'000));
  app.add_option("--epochs", given.epochs,
                 "How often to go through a task's images, instead; by default 1")
      ->check(whole(1, 1'000'000))
      ->excludes(iterations);
}

void declare_runs(CLI::App& app, Given& given) {
  app.add_option("--method", given.methods,
                 fmt::format("What to compare, separated by commas, of {}; er+ewc is both at once",
                             method_names()))
      ->delimiter(',')
      ->capture_default_str();
  auto* seed = app.add_option("--seed", given.seed, "Of tasks, weights and orders of the images")
                   ->check(any_seed())
                   ->capture_default_str();
  app.add_option("--seeds", given.seeds, "Run with each of so many seeds, from 0 on")
      ->check(whole(1, 10'000))
      ->excludes(seed);
  auto* search = app.add_flag(
      "--search", given.search,
      "Choose each method's strength, which is the first of its options, on images and tasks held "
      "out from the training images; then run with it");
  app.add_option("--search-grid", given.grid, "Strengths to try, separated by commas")
      ->delimiter(',')
      ->check(at_least(0))
      ->needs(search);
  app.add_option("--search-seeds", given.search_seeds, "Seeds of the search, from 0 on")
      ->check(whole(1, 10'000))
      ->needs(search)
      ->capture_default_str();
  add_machine_options(app, given.threads, given.data);
  app.add_option("--out", given.out, "Folder for the results, and to go on from")
      ->capture_default_str();
  app.set_config("--config", "", "File with any of these options, as lines: lambda = 100");
  app.allow_config_extras(CLI::config_extras_mode::error);
}

/// `--lambda` for all methods that have this option, and, hidden in the help, `--ewc-lambda` for
/// one of them.
void declare_methods(CLI::App& app, Given& given) {
  for (const MethodEntry& entry : method_table()) {
    for (const MethodOption& option : entry.options) {
      const std::string own = entry.name + "-" + option.name;
      app.add_option("--" + own, given.of_methods[own])->delimiter(',')->group("");
      if (given.of_methods.contains(option.name)) continue;
      std::string who;
      for (const MethodEntry& other : method_table()) {
        if (std::ranges::find(other.options, option.name, &MethodOption::name) !=
            other.options.end()) {
          who += (who.empty() ? "" : ", ") + other.name;
        }
      }
      app.add_option("--" + option.name, given.of_methods[option.name],
                     fmt::format("{} ({})", option.help, who))
          ->delimiter(',')
          ->check(option.check)
          ->group(
              "Options of methods; several values, by commas, are all run; --METHOD-OPTION "
              "sets one method's alone");
    }
  }
}

/// Checked here, as CLI11's error would not name an option that is hidden in the help.
void check_own_options(const Given& given) {
  for (const MethodEntry& entry : method_table()) {
    for (const MethodOption& option : entry.options) {
      const std::string own = entry.name + "-" + option.name;
      for (std::string text : given.of_methods.at(own)) {
        if (const std::string error = option.check(text); !error.empty()) {
          throw UsageError(fmt::format("--{}: {} (see --help)", own, error));
        }
      }
    }
  }
}

/// The text as a value of the example's type.
Json parsed(const std::string& text, const Json& example) {
  if (example.is_string()) return text;
  if (example.is_number_integer()) return std::stoll(text);
  return std::stod(text);
}

/// The values given for an option of a method; empty if none were.
std::vector<Json> values_given(const Given& given, const MethodEntry& entry,
                               const MethodOption& option) {
  for (const std::string& name : {entry.name + "-" + option.name, option.name}) {
    std::vector<Json> values;
    for (const std::string& text : given.of_methods.at(name)) {
      values.push_back(parsed(text, option.value));
    }
    if (!values.empty()) return values;
  }
  return {};
}

/// UsageError for an option that none of the methods has, which would be ignored silently.
void check_options_are_used(const Given& given) {
  std::set<std::string> usable;
  for (const std::string& method : given.methods) {
    for (const MethodEntry* part : parts_of(method)) {
      for (const MethodOption& option : part->options) {
        usable.insert({option.name, part->name + "-" + option.name});
      }
    }
  }
  for (const auto& [name, values] : given.of_methods) {
    if (!values.empty() && !usable.contains(name)) {
      throw UsageError(fmt::format("--{}: none of the methods {} has it (see --help)", name,
                                   fmt::join(given.methods, ",")));
    }
  }
}

/// All combinations of the values given for the method's options.
std::vector<Variant> variants_of(const std::string& method, const Given& given,
                                 const Setup& setup) {
  std::vector<Variant> variants = {{method, Json::object(), method}};
  for (const MethodEntry* part : parts_of(method)) {
    for (const MethodOption& option : part->options) {
      std::vector<Json> values = values_given(given, *part, option);
      if (given.search && part == strength_part(method) && &option == &part->options[0] &&
          values.size() > 1) {
        values.resize(1);  // the search tries the others
      }
      if (values.empty()) {
        const Json protocol = protocol_option(given.protocol, setup, part->name, option.name);
        values.push_back(protocol.is_null() ? option.value : protocol);
      }
      std::vector<Variant> next;
      for (const Variant& variant : variants) {
        for (const Json& value : values) {
          Variant& one = next.emplace_back(variant);
          options_of_part(one.options, method, part->name)[option.name] = value;
          if (values.size() == 1) continue;
          one.label += fmt::format(", {} {}", option.name,
                                   value.is_number_float() ? fmt::format("{}", value.get<double>())
                                   : value.is_string()     ? value.get<std::string>()
                                                           : value.dump());
        }
      }
      variants = std::move(next);
    }
  }
  return variants;
}

/// The strengths to search; none if a single one was given, or the method has none.
std::vector<double> grid_of(const std::string& method, const Given& given) {
  const MethodEntry* part = strength_part(method);
  if (!given.search || !part) return {};
  std::vector<double> strengths;
  for (const Json& value : values_given(given, *part, part->options[0])) {
    strengths.push_back(value);
  }
  if (strengths.size() == 1) return {};
  if (!strengths.empty()) return strengths;
  const MethodOption& option = part->options[0];
  for (double value : given.grid) {
    std::string text = fmt::format("{}", value);
    if (const std::string error = option.check(text); !error.empty()) {
      throw UsageError(fmt::format("--search-grid: {}, for {} of {} (see --help)", error,
                                   option.name, part->name));
    }
  }
  return given.grid.empty() ? part->grid : given.grid;
}

Setup setup_from(const Given& given) {
  Setup setup = protocol_setup(given.protocol, given.scenario, given.incremental);
  setup.dataset = given.dataset;
  setup.tasks = given.tasks.value_or(setup.tasks);
  setup.pad = given.pad.value_or(setup.pad);
  setup.hidden = given.hidden.value_or(setup.hidden);
  setup.layers = given.layers.value_or(setup.layers);
  setup.dropout = given.dropout.value_or(setup.dropout);
  setup.init = given.init.value_or(setup.init);
  setup.optimizer = given.optimizer.value_or(setup.optimizer);
  setup.lr = given.lr.value_or(setup.lr);
  setup.schedule = given.schedule.value_or(setup.schedule);
  setup.reset_optimizer |= given.reset_optimizer;
  setup.batch = given.batch.value_or(setup.batch);
  if (given.epochs) setup.iterations = 0;
  setup.epochs = given.epochs.value_or(setup.epochs);
  setup.iterations = given.iterations.value_or(setup.iterations);
  setup.threads = num_threads();
  return setup;
}

}  // namespace

Command read_command_line(int argc, char** argv) {
  CLI::App app("Learns sequences of tasks with methods of continual learning, and compares them.");
  Given given;
  declare_tasks(app, given);
  declare_runs(app, given);
  declare_training(app, given);
  declare_methods(app, given);
  parse_command_line(app, argc, argv);
  check_own_options(given);
  check_options_are_used(given);
  if (given.threads) set_num_threads(*given.threads);

  Command command{.protocol = given.protocol,
                  .setup = setup_from(given),
                  .variants = {},
                  .seeds = {},
                  .grids = {},
                  .search_seeds = given.search_seeds,
                  .data = given.data,
                  .out = given.out};
  for (const std::string& method : given.methods) {
    if (std::ranges::count(given.methods, method) > 1) {
      throw UsageError(fmt::format("--method: {} is given twice (see --help)", method));
    }
    std::ranges::copy(variants_of(method, given, command.setup),
                      std::back_inserter(command.variants));
    if (const auto grid = grid_of(method, given); !grid.empty()) command.grids[method] = grid;
  }
  if (given.search && command.grids.empty()) {
    throw UsageError(
        fmt::format("--search: the methods {} have no strength that is to be chosen (see --help)",
                    fmt::join(given.methods, ",")));
  }
  command.seeds.push_back(given.seed);
  if (given.seeds) {
    command.seeds.resize(static_cast<std::size_t>(*given.seeds));
    std::ranges::generate(command.seeds, [n = std::uint64_t{0}]() mutable { return n++; });
  }
  return command;
}

Setup setup_of(const Command& command, const Variant& variant, std::uint64_t seed) {
  Setup setup = command.setup;
  setup.method = variant.method;
  setup.options = variant.options;
  setup.seed = seed;
  return setup;
}

}  // namespace engram::examples::runs
