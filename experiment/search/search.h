#pragma once

#include <engram/experiment/json.h>
#include <engram/experiment/report/estimate.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

// Hyperparameter search on held-out data.
namespace engram::experiment {

/// Settings, and their score over the seeds: higher is better; NaN if a seed has no score, as a run
/// that diverged.
struct Trial {
  Json settings;
  Estimate score{};
};

/// Proposes the settings to try. The base class of custom searches.
class Sampler {
 public:
  Sampler() = default;
  virtual ~Sampler() = default;
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  /// The next settings, given the trials so far; none when the search is over.
  virtual std::optional<Json> next(std::span<const Trial> tried) = 0;
};

/// All combinations of the values of some settings; the values of the last name vary fastest.
///
///     experiment::Grid grid(Json{{"lr", {0.01, 0.1}}, {"momentum", {0, 0.9}}});  // four trials
class Grid : public Sampler {
 public:
  /// An object of arrays, or Error.
  explicit Grid(const Json& axes);

  std::size_t size() const;
  std::optional<Json> next(std::span<const Trial> tried) override;

 private:
  Json axes_;
};

/// Runs the sampler's trials, with seeds 0 to `seeds` - 1. `score` trains with settings and seed
/// and returns the score on validation data, used neither in training nor in the final test; NaN
/// when there is none. Error for less than one seed.
std::vector<Trial> search(
    Sampler& sampler, int seeds,
    const std::function<double(const Json& settings, std::uint64_t seed)>& score);

/// The trial with the highest mean, of equal ones the first; null when none has a score.
const Trial* best(std::span<const Trial> trials);

/// The first trial within one standard error of the best (the 1-SE rule: Breiman, Friedman, Olshen
/// and Stone, "Classification and regression trees", 1984), for trials in the order from the
/// simplest model to the most complex. Null when none has a score.
const Trial* first_near_best(std::span<const Trial> trials);

}  // namespace engram::experiment
