#pragma once

#include "continual/report.h"

#include <filesystem>
#include <string>
#include <vector>

namespace engram::examples::runs {

/// The accuracies of a method at one of its strengths, 0 to 1.
struct TradeoffPoint {
  double strength;
  double learning;  ///< plasticity: accuracy on each task right after its training, averaged
  double acc;       ///< stability: average accuracy at the end
};
struct TradeoffLine {
  std::string method;
  std::vector<TradeoffPoint> points;  ///< by rising strength
};

/// Lines of the methods with several strengths: of the search's candidates, or of the variants.
std::vector<TradeoffLine> tradeoff_of(const std::vector<Candidate>& candidates);
std::vector<TradeoffLine> tradeoff_of(const std::vector<Summary>& summaries);

/// Draws tradeoff.png and tradeoff.svg: a line for each method through its strengths.
/// `measured_on`, such as "test", is part of the axis labels. Returns as `run_gnuplot` does.
bool draw_tradeoff(const std::filesystem::path& folder, const std::vector<TradeoffLine>& lines,
                   const std::string& measured_on);

/// Removes the pictures of an earlier run from the folder.
void remove_tradeoff(const std::filesystem::path& folder);

}  // namespace engram::examples::runs
