#include <engram/autograd/error.h>
#include <engram/experiment/search/search.h>

#include <cmath>

namespace engram::experiment {

Grid::Grid(const Json& axes) : axes_(axes) {
  check(axes.is_object(), "Grid: axes are an object of arrays, got {}", axes.dump());
  for (const Json& values : axes) {
    check(values.is_array(), "Grid: axes are an object of arrays, got {}", axes.dump());
  }
}

std::size_t Grid::size() const {
  std::size_t size = 1;
  for (const Json& values : axes_) size *= values.size();
  return size;
}

std::optional<Json> Grid::next(std::span<const Trial> tried) {
  if (tried.size() >= size()) return std::nullopt;
  std::size_t number = tried.size(), combinations = size();
  Json settings = Json::object();
  for (const auto& [name, values] : axes_.items()) {
    combinations /= values.size();  // of the following axes
    settings[name] = values[number / combinations];
    number %= combinations;
  }
  return settings;
}

std::vector<Trial> search(Sampler& sampler, int seeds,
                          const std::function<double(const Json&, std::uint64_t)>& score) {
  check(seeds >= 1, "search: needs at least one seed, got {}", seeds);
  std::vector<Trial> trials;
  while (std::optional<Json> settings = sampler.next(trials)) {
    std::vector<double> scores;
    for (int seed = 0; seed < seeds; ++seed) {
      scores.push_back(score(*settings, static_cast<std::uint64_t>(seed)));
    }
    trials.push_back({std::move(*settings), estimate(scores)});
  }
  return trials;
}

const Trial* best(std::span<const Trial> trials) {
  const Trial* best = nullptr;
  for (const Trial& trial : trials) {
    if (std::isnan(trial.score.mean)) continue;
    if (!best || trial.score.mean > best->score.mean) best = &trial;
  }
  return best;
}

const Trial* first_near_best(std::span<const Trial> trials) {
  const Trial* highest = best(trials);
  if (!highest) return nullptr;
  const double enough = highest->score.mean - shown(highest->score.error);
  for (const Trial& trial : trials) {
    if (trial.score.mean >= enough) return &trial;
  }
  return highest;
}

}  // namespace engram::experiment
