#include "continual/tradeoff.h"

#include "common/drawing.h"
#include "common/method_style.h"
#include "continual/methods.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace engram::examples::runs {
namespace {

struct Point {
  std::string method;
  double strength;
  double learning, acc;
};

std::vector<TradeoffLine> lines_of(std::vector<Point> points) {
  std::erase_if(points, [](const Point& point) { return std::isnan(point.acc); });
  std::vector<TradeoffLine> lines;
  std::ranges::stable_sort(points, {}, &Point::strength);
  for (const Point& point : points) {
    auto line = std::ranges::find(lines, point.method, &TradeoffLine::method);
    if (line == lines.end()) line = lines.insert(line, {point.method, {}});
    line->points.push_back({fmt::format("{:g}", point.strength), point.learning, point.acc});
  }
  std::erase_if(lines, [](const TradeoffLine& line) { return line.points.size() < 2; });
  return lines;
}

/// What is farther from the best would press the rest together; in percent.
constexpr double reach = 25;

struct Frame {
  std::string learning, acc;  // gnuplot's ranges
  bool complete;              // whether all points are within
};

Frame frame_of(const std::vector<TradeoffLine>& lines) {
  double best_learning = 0, best_acc = 0;
  for (const TradeoffLine& line : lines) {
    for (const TradeoffPoint& point : line.points) {
      best_learning = std::max(best_learning, 100 * point.learning);
      best_acc = std::max(best_acc, 100 * point.acc);
    }
  }
  double least_learning = best_learning, least_acc = best_acc;
  bool complete = true;
  for (const TradeoffLine& line : lines) {
    for (const TradeoffPoint& point : line.points) {
      const double learning = 100 * point.learning, acc = 100 * point.acc;
      if (learning < best_learning - reach || acc < best_acc - reach) {
        complete = false;
      } else {
        least_learning = std::min(least_learning, learning);
        least_acc = std::min(least_acc, acc);
      }
    }
  }
  const auto range = [](double low, double high) {
    const double margin = 0.1 * (high - low) + 0.01;
    return fmt::format("[{:.3f}:{:.3f}]", low - margin, high + margin);
  };
  return {range(least_learning, best_learning), range(least_acc, best_acc), complete};
}

}  // namespace

std::vector<TradeoffLine> tradeoff_of(const std::vector<Candidate>& candidates) {
  std::vector<Point> points;
  for (const Candidate& one : candidates) {
    points.push_back({one.method, one.value, one.learning.mean, one.acc.mean});
  }
  return lines_of(std::move(points));
}

std::vector<TradeoffLine> tradeoff_of(const std::vector<Summary>& summaries) {
  std::vector<Point> points;
  for (const Summary& one : summaries) {
    const std::string& method = one.variant.method;
    if (!strength_part(method)) continue;
    points.push_back(
        {method, strength(method, one.variant.options), one.learning.mean, one.acc.mean});
  }
  return lines_of(std::move(points));
}

bool draw_tradeoff(const std::filesystem::path& folder, const std::vector<TradeoffLine>& lines,
                   const std::string& measured_on) {
  // Labels of different methods stand on different sides of their points.
  constexpr const char* label_offsets[] = {"0, 0.8", "0, -0.8", "2, 0.4", "-2, 0.4"};
  std::string data, plot;
  for (std::size_t k = 0; k < lines.size(); ++k) {
    data += fmt::format("$line{} << end\n", k);
    for (const TradeoffPoint& point : lines[k].points) {
      data += fmt::format("{:.4f} {:.4f} \"{}\"\n", 100 * point.learning, 100 * point.acc,
                          point.strength);
    }
    data += "end\n";
    const MethodStyle style = method_style(lines[k].method, k);
    plot += fmt::format(
        "{0}$line{1} using 1:2 with linespoints {2} title \"{3}\", \\\n     "
        "$line{1} using 1:2:3 with labels offset {5} font \",9\" textcolor \"{4}\" notitle",
        k == 0 ? "plot " : ", \\\n     ", k, to_gnuplot(style.line), style.title, style.line.colour,
        label_offsets[k % std::size(label_offsets)]);
  }
  const Frame frame = frame_of(lines);
  const std::string commands = fmt::format(
      R"(set title "{{/:Bold Stability against plasticity}}\n{{/*0.9 the numbers are the method's strength{4}}}"
set xlabel "learning accuracy, %: each {0} task when just learned"
set ylabel "accuracy at the end, %: all {0} tasks"
set grid linetype 1 linecolor "#e0e0e0"
set xrange {2}
set yrange {3}
set key outside right Left reverse samplen 3
{1}
)",
      measured_on, plot, frame.learning, frame.acc,
      frame.complete ? "" : fmt::format("; what is {} points below the best is left out", reach));
  return draw(folder, "tradeoff", 900, 560, data, commands);
}

void remove_tradeoff(const std::filesystem::path& folder) { remove_drawing(folder, "tradeoff"); }

}  // namespace engram::examples::runs
