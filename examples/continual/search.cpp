#include "continual/search.h"

#include "continual/methods.h"

#include <engram/autograd/error.h>
#include <engram/experiment/search/search.h>

#include <algorithm>
#include <span>

namespace engram::examples::runs {
namespace {

Json with_strength(const std::string& method, Json options, double value) {
  const MethodEntry* part = strength_part(method);
  options_of_part(options, method, part->name)[part->options[0].name] = value;
  return options;
}

/// The first variant of each method that has a grid.
std::vector<Variant> searched(const Command& command) {
  std::vector<Variant> variants;
  for (const Variant& variant : command.variants) {
    if (command.grids.contains(variant.method) &&
        std::ranges::find(variants, variant.method, &Variant::method) == variants.end()) {
      variants.push_back(variant);
    }
  }
  return variants;
}

/// The setup on validation tasks.
Setup search_setup(const Command& command, Variant variant, double strength, std::uint64_t seed) {
  variant.options = with_strength(variant.method, variant.options, strength);
  Setup setup = setup_of(command, variant, seed);
  setup.validation = true;
  return setup;
}

}  // namespace

std::int64_t search_runs(const Command& command) {
  std::int64_t runs = 0;
  for (const Variant& variant : searched(command)) {
    runs += command.search_seeds * std::ssize(command.grids.at(variant.method));
  }
  return runs;
}

std::vector<Candidate> search(Command& command, const std::function<Outcome(const Setup&)>& run) {
  std::vector<Candidate> candidates;
  for (const Variant& variant : searched(command)) {
    const std::string& method = variant.method;
    const std::string option = strength_part(method)->options[0].name;
    const std::vector<double>& strengths = command.grids.at(method);
    Grid grid(Json{{option, Json(strengths)}});
    std::vector<double> learning;  // of every run, seed by seed
    const std::vector<Trial> trials = experiment::search(
        grid, command.search_seeds, [&](const Json& settings, std::uint64_t seed) {
          const continual::Metrics metrics =
              run(search_setup(command, variant, settings.at(option), seed)).metrics();
          learning.push_back(metrics.learning);
          return metrics.acc;
        });
    const Trial* chosen = best(trials);
    check(chosen != nullptr, "--search: {} diverged at every strength", method);
    const auto seeds = static_cast<std::size_t>(command.search_seeds);
    for (std::size_t k = 0; k < trials.size(); ++k) {
      candidates.push_back({.method = method,
                            .option = option,
                            .value = trials[k].settings.at(option),
                            .acc = trials[k].score,
                            .learning = estimate(std::span(learning).subspan(k * seeds, seeds)),
                            .chosen = &trials[k] == chosen});
    }
    for (Variant& one : command.variants) {
      if (one.method != method) continue;
      one.options = with_strength(method, one.options, chosen->settings.at(option));
    }
  }
  return candidates;
}

}  // namespace engram::examples::runs
