#include "curves.h"

#include "style.h"

#include <engram/experiment/report/gnuplot.h>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace bench {
namespace {

/// In the order of the legend; drawn in reverse, so that the first is on top.
const std::vector<std::string> contestants = {"Engram", "floor", "libtorch", "limit"};

using Curve = std::map<double, double>;  // y by x

/// The measurements along one axis.
struct Axis {
  std::string name, label;
  std::map<int, std::map<std::string, Curve>> curves{};  // by threads and contestant, in ms

  int fewest() const { return curves.begin()->first; }
  int most() const { return curves.rbegin()->first; }
};

std::vector<Axis> axes_of(const std::vector<Measurement>& measurements) {
  std::vector<Axis> axes;
  for (const Measurement& m : measurements) {
    if (!m.valid) continue;
    auto axis = std::ranges::find(axes, m.point.axis, &Axis::name);
    if (axis == axes.end()) axis = axes.insert(axis, {m.point.axis, m.point.label});
    axis->curves[m.threads]["Engram"][m.point.x] = m.engram;
    axis->curves[m.threads][m.peer][m.point.x] = m.peer_value;
  }
  return axes;
}

/// The speedup of the largest number of threads over the smallest; empty if there is one number.
std::map<std::string, Curve> speedups(const Axis& axis) {
  std::map<std::string, Curve> result;
  if (axis.fewest() == axis.most()) return result;
  for (const auto& [contestant, times] : axis.curves.at(axis.fewest())) {
    const auto faster = axis.curves.at(axis.most()).find(contestant);
    if (faster == axis.curves.at(axis.most()).end()) continue;
    for (const auto& [x, time] : times) {
      if (faster->second.contains(x)) result[contestant][x] = time / faster->second.at(x);
    }
  }
  return result;
}

std::string line_style(const std::string& contestant) {
  const char* colour = style(contestant).colour;
  if (contestant == "limit") return fmt::format("with lines linewidth 1 linecolor \"{}\"", colour);
  return fmt::format("with linespoints linewidth {} pointtype 7 pointsize 0.6 linecolor \"{}\"",
                     contestant == "Engram" ? 2 : 1.4, colour);
}

std::string legend() {
  std::string text;
  for (const std::string& contestant : contestants) {
    text += fmt::format(", NaN {} title \"{}\"", line_style(contestant), style(contestant).title);
  }
  return text;
}

/// The data, and the commands that plot them, in gnuplot's language.
struct Panel {
  std::string data, draw;
};

Panel panel(const std::string& name, const std::string& title, const std::string& label,
            const std::map<std::string, Curve>& curves) {
  Panel result;
  std::set<double> places;
  std::string plots;
  for (auto contestant = contestants.rbegin(); contestant != contestants.rend(); ++contestant) {
    if (!curves.contains(*contestant)) continue;
    const std::string block = fmt::format("${}_{}", name, *contestant);
    result.data += block + " << end\n";
    for (const auto& [x, y] : curves.at(*contestant)) {
      result.data += fmt::format("{} {}\n", x, y);
      places.insert(x);
    }
    result.data += "end\n";
    plots += fmt::format("{}{} using 1:2 {} notitle", plots.empty() ? "" : ", ", block,
                         line_style(*contestant));
  }
  std::string tics;
  for (double x : places) tics += fmt::format("{}{}", tics.empty() ? "" : ", ", x);
  result.draw = fmt::format(R"(
set title "{{/:Bold {title}}}"
set xlabel "{label}"
set xtics ({tics})
set xrange [{first}/1.25:{last}*1.25]
plot {plots})",
                            fmt::arg("title", title), fmt::arg("label", label),
                            fmt::arg("tics", tics), fmt::arg("first", *places.begin()),
                            fmt::arg("last", *places.rbegin()), fmt::arg("plots", plots));
  return result;
}

std::string count(int threads) {
  return fmt::format("{} thread{}", threads, threads == 1 ? "" : "s");
}

/// The time along one axis.
Panel time_panel(const Axis& axis) {
  return panel(axis.name, fmt::format("{}, {}", axis.name, count(axis.fewest())), axis.label,
               axis.curves.at(axis.fewest()));
}

/// The smallest and the largest y of all curves.
std::pair<double, double> range_of(const std::map<std::string, Curve>& curves) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const auto& [contestant, curve] : curves) {
    for (const auto& [x, y] : curve) {
      least = std::min(least, y);
      most = std::max(most, y);
    }
  }
  return {least, most};
}

/// The speedup by more threads along one axis. The limit's is that of the machine.
Panel threads_panel(const Axis& axis) {
  const std::map<std::string, Curve> curves = speedups(axis);
  const auto [least, most] = range_of(curves);
  Panel result = panel("threads", fmt::format("{} against {}", count(axis.most()), axis.fewest()),
                       axis.label, curves);
  const double ideal = static_cast<double>(axis.most()) / axis.fewest();
  result.draw = fmt::format(R"(
set ylabel "times as fast"
set logscale y 2
set yrange [{bottom}:{top}]
set ytics (0.25, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16, 32, 64)
set arrow 1 from graph 0, first {ideal} to graph 1, first {ideal} nohead dashtype 2 \
  linecolor "#606060"
set label 1 "ideal" at graph 0.02, first {ideal} offset 0, 0.6 textcolor "#606060"
{draw}
)",
                            fmt::arg("bottom", std::min(least, 1.) / 1.1),
                            fmt::arg("top", std::max(most, ideal) * 1.15), fmt::arg("ideal", ideal),
                            fmt::arg("draw", result.draw));
  return result;
}

}  // namespace

void plot_curves(const std::filesystem::path& folder, const std::string& name,
                 const std::vector<Measurement>& measurements) {
  const std::vector<Axis> axes = axes_of(measurements);
  if (axes.empty()) return;
  std::string data, draw;
  const auto add = [&](const Panel& panel) {
    data += panel.data;
    draw += panel.draw + (draw.empty() ? legend() : "") + "\n";
  };
  for (const Axis& axis : axes) add(time_panel(axis));
  const auto with_threads =
      std::ranges::find_if(axes, [](const Axis& axis) { return !speedups(axis).empty(); });
  const bool has_threads = with_threads != axes.end();
  if (has_threads) add(threads_panel(*with_threads));

  const std::size_t rows = (axes.size() + (has_threads ? 1 : 0) + 1) / 2;
  const double pixels = 300 * static_cast<double>(rows) + 50;
  double least = std::numeric_limits<double>::infinity(), most = 0;  // of all panels of times,
  for (const Axis& axis : axes) {                                    // so that they compare
    const auto [low, high] = range_of(axis.curves.at(axis.fewest()));
    least = std::min(least, low);
    most = std::max(most, high);
  }
  const std::string script = fmt::format(
      R"(# How the time of a training step grows; draw it again with: gnuplot {name}.gp
{data}
do for [format in "png svg"] {{
if (format eq "png") {{
  set terminal pngcairo size 1660, {png_height:.0f} font "sans,10" fontscale 1.8 linewidth 2
}} else {{
  set terminal svg size 830, {svg_height:.0f} font "sans,10" background "white"
}}
set output "{name}.".format
set multiplot layout {rows}, 2 margins 0.075, 0.985, {bottom}, {top} spacing 0.085, {between}
set border 3 linecolor "#808080"
set tics nomirror scale 0.4 textcolor "#202020"
set grid xtics ytics linetype 1 linecolor "#e8e8e8" linewidth 0.6
set title offset 0, -0.6
set xlabel offset 0, 0.4
set ylabel "ms a step" offset 0.8, 0
set logscale x 2
set logscale y 10
set yrange [{least}:{most}]
set ytics auto
set format y "%g"
set key at screen 0.5, screen {key} center top maxrows 1 samplen 2 width 1
{draw}
unset multiplot
reset
}}
set output
)",
      fmt::arg("name", name), fmt::arg("data", data), fmt::arg("png_height", 2 * pixels),
      fmt::arg("svg_height", pixels), fmt::arg("rows", rows), fmt::arg("bottom", 45 / pixels),
      fmt::arg("top", 1 - 55 / pixels), fmt::arg("between", 80 / pixels),
      fmt::arg("least", least / 1.5), fmt::arg("most", most * 1.5), fmt::arg("key", 1 - 8 / pixels),
      fmt::arg("draw", draw));
  engram::experiment::run_gnuplot(folder / (name + ".gp"), script, {name + ".png", name + ".svg"});
}

}  // namespace bench
