#pragma once

#include <engram/experiment/json.h>
#include <engram/experiment/report/estimate.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

// Search for the settings that do best on held-out data.
namespace engram::experiment {

/// Settings that were tried, and their score over the seeds: higher is better; no score (NaN) when
/// one of the seeds has none, as a run that diverged.
struct Trial {
  Json settings;
  Estimate score{};
};

/// Says which settings to try next. A search of one's own derives from it.
class Sampler {
 public:
  Sampler() = default;
  virtual ~Sampler() = default;
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  /// The next settings, of those that `tried` leaves; none when the search is over.
  virtual std::optional<Json> next(std::span<const Trial> tried) = 0;
};

/// Every combination of the values of some settings, the last name's changing fastest.
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

/// Tries what the sampler says, with seeds 0 to `seeds` - 1. `score` trains with settings and seed
/// and measures on data that neither training nor the final test sees; NaN when there is no score.
/// Error for less than one seed.
std::vector<Trial> search(
    Sampler& sampler, int seeds,
    const std::function<double(const Json& settings, std::uint64_t seed)>& score);

/// The trial with the highest mean, of equal ones the first; null when none has a score.
const Trial* best(std::span<const Trial> trials);

/// The first trial within one standard error of the best, where they stand from the most cautious
/// to the least: Breiman, Friedman, Olshen and Stone, "Classification and regression trees", 1984.
/// Null when none has a score.
const Trial* first_near_best(std::span<const Trial> trials);

}  // namespace engram::experiment
