#include "continual/tradeoff.h"

#include "common/drawing.h"
#include "common/method_style.h"
#include "continual/methods.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
        "$line{1} using 1:2:3 with labels offset 0, 0.7 font \",9\" textcolor \"{4}\" notitle",
        k == 0 ? "plot " : ", \\\n     ", k, to_gnuplot(style.line), style.title,
        style.line.colour);
  }
  const std::string commands = fmt::format(
      R"(set title "{{/:Bold Stability against plasticity}}\n{{/*0.9 the numbers are the method's strength}}"
set xlabel "learning accuracy, %: each {0} task when just learned"
set ylabel "accuracy at the end, %: all {0} tasks"
set grid linetype 1 linecolor "#e0e0e0"
set offsets graph 0.06, graph 0.06, graph 0.06, graph 0.06
set key outside right Left reverse samplen 3
{1}
)",
      measured_on, plot);
  return draw(folder, "tradeoff", 900, 560, data, commands);
}

void remove_tradeoff(const std::filesystem::path& folder) {
  for (const char* kind : {"gp", "png", "svg"}) {
    std::filesystem::remove(folder / fmt::format("tradeoff.{}", kind));
  }
}

}  // namespace engram::examples::runs
