#include "continual/search.h"

#include "continual/methods.h"

#include <engram/autograd/error.h>

#include <algorithm>
#include <cmath>

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

std::vector<Setup> setups_of(const Command& command, Variant variant, double value) {
  variant.options = with_strength(variant.method, variant.options, value);
  std::vector<Setup> setups;
  for (int seed = 0; seed < command.search_seeds; ++seed) {
    setups.push_back(setup_of(command, variant, static_cast<std::uint64_t>(seed)));
    setups.back().validation = true;
  }
  return setups;
}

}  // namespace

std::vector<Setup> search_setups(const Command& command) {
  std::vector<Setup> all;
  for (const Variant& variant : searched(command)) {
    for (double value : command.grids.at(variant.method)) {
      std::ranges::copy(setups_of(command, variant, value), std::back_inserter(all));
    }
  }
  return all;
}

std::vector<Candidate> search(Command& command, const std::function<Outcome(const Setup&)>& run) {
  std::vector<Candidate> candidates;
  for (const Variant& variant : searched(command)) {
    const std::string& method = variant.method;
    const std::size_t first = candidates.size();
    std::size_t best = first;
    for (double value : command.grids.at(method)) {
      Candidate candidate{method, strength_part(method)->options[0].name, value, {}, {}};
      std::vector<double> acc, learning;
      bool diverged = false;
      for (const Setup& setup : setups_of(command, variant, value)) {
        const continual::Metrics metrics = run(setup).metrics();
        acc.push_back(metrics.acc);
        learning.push_back(metrics.learning);
        diverged |= std::isnan(metrics.acc);
      }
      if (!diverged) {
        candidate.acc = estimate(acc);
        candidate.learning = estimate(learning);
      }
      candidates.push_back(candidate);
      const double highest = candidates[best].acc.mean;
      if (std::isnan(highest) || candidate.acc.mean > highest) best = candidates.size() - 1;
    }
    check(!std::isnan(candidates[best].acc.mean), "--search: {} diverged at every strength",
          method);
    candidates[best].chosen = true;
    for (Variant& one : command.variants) {
      if (one.method != method) continue;
      one.options = with_strength(method, one.options, candidates[best].value);
    }
  }
  return candidates;
}

}  // namespace engram::examples::runs
