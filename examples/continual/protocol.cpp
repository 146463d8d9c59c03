#include "continual/protocol.h"

#include "common/failure.h"

#include <fmt/format.h>

namespace engram::examples::runs {
namespace {

/// The value of a method's option; "" matches every form of the scenario. The first match counts.
///
/// The values are the authors', except λ of permuted images, whose units differ there: EWC's is
/// from their later code, which estimates the Fisher information as here; online EWC's was found by
/// --search (300 of 50, 100, 200, 300 and 500).
struct Hyperparameter {
  const char* protocol;
  const char* scenario;
  const char* incremental;
  const char* method;
  const char* option;
  Json value;
};

const std::vector<Hyperparameter>& hyperparameters() {
  static const std::vector<Hyperparameter> all = {
      {"van-de-ven", "permuted", "", "ewc", "lambda", 100.},
      {"van-de-ven", "permuted", "", "online-ewc", "lambda", 300.},
      {"van-de-ven", "split", "task", "ewc", "lambda", 1e5},
      {"van-de-ven", "split", "task", "online-ewc", "lambda", 1e5},
      {"van-de-ven", "split", "domain", "ewc", "lambda", 1e10},
      {"van-de-ven", "split", "domain", "online-ewc", "lambda", 1e10},
      {"van-de-ven", "split", "class", "ewc", "lambda", 1e9},
      {"van-de-ven", "split", "class", "online-ewc", "lambda", 1e9},
      {"van-de-ven", "permuted", "class", "si", "c", 5.},
      {"van-de-ven", "permuted", "", "si", "c", 10.},
      {"van-de-ven", "split", "task", "si", "c", 10.},
      {"van-de-ven", "split", "domain", "si", "c", 5e4},
      {"van-de-ven", "split", "class", "si", "c", 5e3},
      {"van-de-ven", "", "", "si", "xi", 0.1},
      {"van-de-ven", "", "", "lwf", "temperature", 2.},
      {"van-de-ven", "permuted", "", "er", "per-class", 10.},
      {"van-de-ven", "permuted", "", "a-gem", "per-class", 10.},
      {"van-de-ven", "split", "", "er", "per-class", 100.},
      {"van-de-ven", "split", "", "a-gem", "per-class", 100.},
      {"si-authors", "", "", "si", "c", 0.1},
      {"si-authors", "", "", "si", "xi", 0.1},
      {"van-de-ven", "", "", "online-ewc", "gamma", 0.9},
      {"van-de-ven", "", "", "ewc", "fisher", "exact"},
      {"van-de-ven", "", "", "online-ewc", "fisher", "exact"},
      {"van-de-ven", "", "", "ewc", "fisher-samples", 1000},
      {"van-de-ven", "", "", "online-ewc", "fisher-samples", 1000},
  };
  return all;
}

bool fits(const std::string& pattern, const std::string& text) {
  return pattern.empty() || pattern == text;
}

}  // namespace

const std::vector<std::string>& protocols() {
  static const std::vector<std::string> names = {"van-de-ven", "si-authors"};
  return names;
}

Setup protocol_setup(const std::string& protocol, const std::string& scenario,
                     const std::string& incremental) {
  Setup setup{.scenario = scenario, .incremental = incremental};
  setup.tasks = scenario == "split" ? 5 : 10;
  if (protocol == "van-de-ven" && scenario == "permuted") {
    setup.pad = 2;
    setup.hidden = 1000;
    setup.lr = 1e-4;
    setup.iterations = 5000;
  } else if (protocol == "van-de-ven" && scenario == "split") {
    setup.hidden = 400;
    setup.lr = 1e-3;
    setup.iterations = 2000;
  } else if (protocol == "si-authors" && scenario == "permuted" && incremental == "domain") {
    setup.hidden = 2000;
    setup.init = "xavier";  // their code is in Keras
    setup.lr = 1e-3;
    setup.batch = 256;
    setup.epochs = 20;
  } else if (!protocol.empty()) {
    throw UsageError(fmt::format("--protocol: {} has no {} tasks, {}-incremental (see --help)",
                                 protocol, scenario, incremental));
  }
  return setup;
}

Json protocol_option(const std::string& protocol, const Setup& setup, const std::string& method,
                     const std::string& option) {
  for (const Hyperparameter& one : hyperparameters()) {
    if (protocol == one.protocol && fits(one.scenario, setup.scenario) &&
        fits(one.incremental, setup.incremental) && method == one.method && option == one.option) {
      return one.value;
    }
  }
  return {};
}

}  // namespace engram::examples::runs
