#include "common/continual_options.h"

#include <algorithm>
#include <map>

namespace engram::examples {

void add_options(CLI::App& app, ContinualOptions& options) {
  app.add_option("--method", options.methods, "What to compare, separated by commas")
      ->delimiter(',')
      ->check(CLI::IsMember({"naive", "ewc", "online-ewc", "joint"}))
      ->capture_default_str();
  app.add_option("--tasks", options.tasks, "How many tasks to learn one after the other")
      ->check(whole(1, 1000))
      ->capture_default_str();
  app.add_option("--iterations", options.iterations, "Steps on each task, instead of --epochs")
      ->check(whole(1, 1'000'000'000));
  app.add_option("--hidden", options.hidden, "Units in each of the two hidden layers")
      ->check(whole(1, 10'000))
      ->capture_default_str();
  app.add_option("--pad", options.pad, "Zeros around the images, before they are permuted")
      ->check(whole(0, 100))
      ->capture_default_str();
  app.add_option("--lambda", options.lambda, "Strength of EWC's penalty")
      ->check(at_least(0))
      ->capture_default_str();
  app.add_option("--gamma", options.gamma, "What online EWC keeps of the importances, each task")
      ->check(between(0, 1))
      ->capture_default_str();
  app.add_option("--fisher", options.fisher, "Labels that the Fisher information is taken over")
      ->check(CLI::IsMember({"exact", "sampled", "empirical"}))
      ->capture_default_str();
  app.add_option("--fisher-samples", options.fisher_samples, "Images it is measured on; 0: all")
      ->check(whole(0, 1'000'000'000))
      ->capture_default_str();
  app.callback([&methods = options.methods] {
    for (const std::string& method : methods) {
      if (std::ranges::count(methods, method) > 1) {
        throw CLI::ValidationError("--method", method + " is given twice");
      }
    }
  });
}

bool is_ewc(const std::string& method) { return method == "ewc" || method == "online-ewc"; }

optim::EWCOptions ewc_options(const std::string& method, const ContinualOptions& options,
                              std::uint64_t seed) {
  static const std::map<std::string, optim::Labels> labels = {
      {"exact", optim::Labels::exact},
      {"sampled", optim::Labels::sampled},
      {"empirical", optim::Labels::empirical}};
  optim::EWCOptions ewc{
      .lambda = options.lambda,
      .fisher = {
          .labels = labels.at(options.fisher), .samples = options.fisher_samples, .seed = seed}};
  if (method == "online-ewc") ewc.gamma = options.gamma;
  return ewc;
}

Json method_options(const std::string& method, const ContinualOptions& options) {
  if (!is_ewc(method)) return Json::object();
  Json json = {{"lambda", options.lambda},
               {"fisher", options.fisher},
               {"fisher_samples", options.fisher_samples}};
  if (method == "online-ewc") json["gamma"] = options.gamma;
  return json;
}

}  // namespace engram::examples
