#include "continual/tradeoff.h"

#include "common/experiment.h"
#include "continual/methods.h"

#include <engram/experiment/report/drawing.h>
#include <engram/experiment/tasks/method_style.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace engram::examples::runs {
namespace {

struct Point {
  std::string method;
  double strength;
  double learning, acc;
};

/// In the methods' order, each by rising strength.
std::vector<TradeoffLine> lines_of(const std::vector<Point>& points) {
  std::vector<TradeoffLine> lines;
  for (const Point& point : points) {
    if (std::isnan(point.acc)) continue;
    auto line = std::ranges::find(lines, point.method, &TradeoffLine::method);
    if (line == lines.end()) line = lines.insert(line, {point.method, {}});
    line->points.push_back({point.strength, point.learning, point.acc});
  }
  std::erase_if(lines, [](const TradeoffLine& line) { return line.points.size() < 2; });
  for (TradeoffLine& line : lines) {
    std::ranges::stable_sort(line.points, {}, &TradeoffPoint::strength);
  }
  return lines;
}

/// The largest difference from the best accuracy inside the picture, in percent.
constexpr double reach = 25;

/// The range of an axis, in percent.
struct Range {
  double low, high;

  bool has(double value) const { return value >= low && value <= high; }
  double share(double value) const { return (value - low) / (high - low); }
  std::string to_gnuplot() const { return fmt::format("[{:.3f}:{:.3f}]", low, high); }
};

struct Frame {
  Range learning, acc;

  bool has(const TradeoffPoint& point) const {
    return learning.has(100 * point.learning) && acc.has(100 * point.acc);
  }
};

/// The frame around the points within `reach` of the best.
Frame frame_of(const std::vector<TradeoffLine>& lines) {
  double best_learning = 0, best_acc = 0;
  for (const TradeoffLine& line : lines) {
    for (const auto& [strength, learning, acc] : line.points) {
      best_learning = std::max(best_learning, 100 * learning);
      best_acc = std::max(best_acc, 100 * acc);
    }
  }
  double least_learning = best_learning, least_acc = best_acc;
  for (const TradeoffLine& line : lines) {
    for (const auto& [strength, learning, acc] : line.points) {
      if (100 * learning < best_learning - reach || 100 * acc < best_acc - reach) continue;
      least_learning = std::min(least_learning, 100 * learning);
      least_acc = std::min(least_acc, 100 * acc);
    }
  }
  const auto with_margin = [](double low, double high) {
    const double margin = 0.1 * (high - low) + 0.01;
    return Range{low - margin, high + margin};
  };
  return {with_margin(least_learning, best_learning), with_margin(least_acc, best_acc)};
}

/// Labels points with their strengths, except where the label would overlap others.
class Labels {
 public:
  Labels(const std::vector<TradeoffLine>& lines, const Frame& frame) : frame_(frame) {
    for (const TradeoffLine& line : lines) {
      for (const TradeoffPoint& point : line.points) {
        taken_.push_back(box(point, 0, 0, 0.6 * line_height, 0.6 * line_height));
      }
    }
  }

  /// gnuplot's command for the label of a point.
  std::string at(const TradeoffPoint& point, const char* colour) {
    if (!frame_.has(point)) return "";
    const std::string text = fmt::format("{:g}", point.strength);
    const double width = character_width * static_cast<double>(text.size());
    const double side = width / 2 + 0.7 * line_height;
    for (const auto& [x, y] : {std::pair{0., line_height},
                               {0., -line_height},
                               {-side, 0.},
                               {side, 0.},
                               {-side, line_height},
                               {side, line_height},
                               {-side, -line_height},
                               {side, -line_height}}) {
      const Box place = box(point, x, y, width, line_height);
      const auto meets = [&](const Box& other) {
        return std::abs(place.x - other.x) < (place.width + other.width) / 2 &&
               std::abs(place.y - other.y) < (place.height + other.height) / 2;
      };
      if (std::ranges::any_of(taken_, meets)) continue;
      taken_.push_back(place);
      return fmt::format(
          "set label \"{}\" at graph {:.4f}, graph {:.4f} center font \",9\" textcolor \"{}\"\n",
          text, place.x / plot_width, place.y / plot_height, colour);
    }
    return "";
  }

 private:
  // Approximate sizes of the plot and of a character, in units of the SVG.
  static constexpr double plot_width = 740, plot_height = 455;
  static constexpr double character_width = 6.5, line_height = 11;

  struct Box {
    double x, y, width, height;  // x and y of the middle
  };

  /// A box whose centre is offset to the right of and above the point.
  Box box(const TradeoffPoint& point, double right, double up, double width, double height) const {
    return {plot_width * frame_.learning.share(100 * point.learning) + right,
            plot_height * frame_.acc.share(100 * point.acc) + up, width, height};
  }

  Frame frame_;
  std::vector<Box> taken_;
};

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
    points.push_back({method, strength(method, one.variant.options), one.figures.learning.mean,
                      one.figures.acc.mean});
  }
  return lines_of(std::move(points));
}

bool draw_tradeoff(const std::filesystem::path& folder, const std::vector<TradeoffLine>& lines,
                   const std::string& measured_on) {
  std::vector<std::string> methods;
  for (const TradeoffLine& line : lines) methods.push_back(line.method);
  const std::vector<MethodStyle> styles = method_styles(methods);
  const Frame frame = frame_of(lines);
  Labels labels(lines, frame);
  std::string data, plot, labelled;
  bool complete = true;
  for (std::size_t k = 0; k < lines.size(); ++k) {
    std::vector<std::vector<double>> rows;
    for (const TradeoffPoint& point : lines[k].points) {
      rows.push_back({100 * point.learning, 100 * point.acc});
      complete &= frame.has(point);
      labelled += labels.at(point, styles[k].line.colour);
    }
    data += data_block(fmt::format("line{}", k), rows);
    plot += fmt::format("{}$line{} using 1:2 with linespoints {} title \"{}\"",
                        k == 0 ? "plot " : ", \\\n     ", k, to_gnuplot(styles[k].line),
                        styles[k].title);
  }
  const std::string commands = fmt::format(
      R"(set title "{{/:Bold Stability against plasticity}}\n{{/*0.9 the numbers at the points are the method's strength{0}}}"
set xlabel "{1} accuracy on a task when it was just learned, mean over the tasks, %"
set ylabel "{1} accuracy at the end, mean over the tasks, %"
set grid linetype 1 linecolor "#e0e0e0"
set xrange {2}
set yrange {3}
set key outside right Left reverse samplen 3
{4}{5}
)",
      complete ? "" : fmt::format("; what is {} points below the best is left out", reach),
      measured_on, frame.learning.to_gnuplot(), frame.acc.to_gnuplot(), labelled, plot);
  return draw(folder, "tradeoff", 900, 560, data, commands);
}

void remove_tradeoff(const std::filesystem::path& folder) { remove_drawing(folder, "tradeoff"); }

}  // namespace engram::examples::runs
