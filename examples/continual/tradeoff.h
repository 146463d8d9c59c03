#pragma once

#include "continual/report.h"

#include <filesystem>
#include <string>
#include <vector>

namespace engram::examples::runs {

/// What a method comes to at one of its strengths; accuracies in 0 to 1.
struct TradeoffPoint {
  double strength;
  double learning;  ///< plasticity: how well a task is learned
  double acc;       ///< stability: what is left of all of them at the end
};
struct TradeoffLine {
  std::string method;
  std::vector<TradeoffPoint> points;  ///< by rising strength
};

/// Of methods that were tried with several strengths: the search's candidates, and the variants.
std::vector<TradeoffLine> tradeoff_of(const std::vector<Candidate>& candidates);
std::vector<TradeoffLine> tradeoff_of(const std::vector<Summary>& summaries);

/// Draws tradeoff.png and tradeoff.svg: a line for each method through its strengths. `measured_on`
/// is what the axes name: "test". Returns as `run_gnuplot` does.
bool draw_tradeoff(const std::filesystem::path& folder, const std::vector<TradeoffLine>& lines,
                   const std::string& measured_on);

/// Removes what an earlier run drew into the folder.
void remove_tradeoff(const std::filesystem::path& folder);

}  // namespace engram::examples::runs
