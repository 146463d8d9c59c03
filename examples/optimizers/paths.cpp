#include "optimizers/paths.h"

#include "common/experiment.h"
#include "optimizers/drawing.h"
#include "optimizers/path.h"

#include <engram/autograd/ops/shaping.h>
#include <engram/experiment/report/gnuplot.h>

#include <fmt/format.h>

#include <cmath>

namespace engram::examples::study {
namespace {

/// A surface with the paths on it.
struct Landscape {
  const Surface& surface;
  std::vector<double> rates;  // of the contenders, in their order
  std::vector<Path> paths;
};

Landscape explore(const Surface& surface) {
  Landscape landscape{surface, {}, {}};
  for (const Contender& one : contenders()) {
    landscape.rates.push_back(path_rate(surface, one));
    landscape.paths.push_back(walk(surface, one, landscape.rates.back()));
  }
  return landscape;
}

/// The heights of the surface on a grid of cells × cells, and the paths; the name of each data
/// block ends in the surface's.
std::string data_of(const Landscape& landscape, std::size_t cells) {
  const Surface& s = landscape.surface;
  const auto points = static_cast<std::int64_t>(cells) + 1;
  const Tensor x({points}, f64), y({points}, f64);
  for (std::size_t i = 0; i <= cells; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(cells);
    x.data<double>()[i] = s.low[0] + (s.high[0] - s.low[0]) * share;
    y.data<double>()[i] = s.low[1] + (s.high[1] - s.low[1]) * share;
  }
  const Tensor heights = s.function(x, unsqueeze(y, 1));  // (y, x)
  std::string grid = fmt::format("$grid_{} << end\n", s.name);
  for (std::size_t j = 0; j <= cells; ++j) {
    for (std::size_t i = 0; i <= cells; ++i) {
      grid += fmt::format("{:.4g} {:.4g} {:.5g}\n", x.data<double>()[i], y.data<double>()[j],
                          heights.data<double>()[j * (cells + 1) + i]);
    }
    grid += "\n";
  }
  std::string text = grid + "end\n";
  for (std::size_t k = 0; k < landscape.paths.size(); ++k) {
    std::vector<std::vector<double>> rows;
    for (const Vector2& at : landscape.paths[k]) rows.push_back({at[0], at[1]});
    text += data_block(fmt::format("{}_{}", contenders()[k].name, s.name), rows);
  }
  return text;
}

/// Computes $contour_… from $grid_…, with levels closer together where the surface is low.
std::string contours_of(const Surface& s) {
  std::string levels;
  const double bottom = slope(s, s.minima[0]).value;
  const double start = slope(s, s.start).value - bottom;
  for (int i = 2; i <= 14; ++i) {
    levels += fmt::format("{}{:.5g}", i == 2 ? "" : ", ", bottom + start * std::pow(i / 9., 3));
  }
  return fmt::format(
      "unset surface; set contour base; set cntrparam levels discrete {1}\n"
      "set table $contour_{0}\nsplot $grid_{0} using 1:2:3\nunset table\nunset contour\n",
      s.name, levels);
}

/// The panel's plot; `upto` is a gnuplot expression, the number of points of the paths to draw.
std::string plot_of(const Landscape& landscape, const std::string& upto) {
  const Surface& s = landscape.surface;
  std::string text = fmt::format(
      "set xrange [{}:{}]; set yrange [{}:{}]\n"
      "set title \"{{/:Bold {}}}\\n{{/*0.9 {}}}\" offset 0, -0.6\n"
      "set xlabel \"x\" offset 0, 0.3; set ylabel \"y\" offset 1, 0\n"
      "plot $contour_{} using 1:2 with lines linecolor \"#c8c8c8\" linewidth 0.6 notitle",
      s.low[0], s.high[0], s.low[1], s.high[1], s.title, s.formula, s.name);
  for (std::size_t k = 0; k < contenders().size(); ++k) {
    text += fmt::format(
        ", \\\n ${0}_{1} every ::0::{2} using 1:2 with linespoints {3} linewidth 0.9 "
        "pointinterval {4} pointsize 0.55 title \"{5}\"",
        contenders()[k].name, s.name, upto, style(contenders()[k]), std::max(1, s.steps / 20),
        contenders()[k].title);
  }
  for (const Vector2& minimum : s.minima) {
    text += fmt::format(
        ", \\\n \"+\" every ::0::0 using ({}):({}) with points pointtype 2 pointsize 1.1 "
        "linewidth 1.6 linecolor \"#d00000\" notitle",
        minimum[0], minimum[1]);
  }
  return text + "\n";
}

void draw_still(const Study& study, const Landscape& landscape) {
  draw(
      study.folder, fmt::format("paths-{}", landscape.surface.name), 830, 520,
      data_of(landscape, 320) + contours_of(landscape.surface),  // fewer cells break narrow valleys
      "set key outside right center samplen 3\n"
      "set lmargin 7; set bmargin 3.3; set tmargin 3\n" +
          plot_of(landscape, fmt::format("{}", landscape.surface.steps)));
}

void draw_film(const Study& study, const std::vector<Landscape>& landscapes) {
  constexpr int frames = 50;
  std::string data, panels;
  for (std::size_t i = 0; i < landscapes.size(); ++i) {
    data += data_of(landscapes[i], 120) + contours_of(landscapes[i].surface);
    const int place = static_cast<int>(i);
    panels += panel(place / 2, place % 2, 2, 2, 0.06) +
              plot_of(landscapes[i],
                      fmt::format("int(frame * {} / {}.)", landscapes[i].surface.steps, frames));
  }
  const std::string script = fmt::format(
      R"(# Draws paths.gif; run it again with: gnuplot paths.gp
{}
set terminal gif animate delay 10 loop 0 optimize size 830, 760 font "sans,10"
set output "paths.gif"
do for [i = 1:{} + 10] {{
frame = i < {} ? i : {}
reset
set border 3 linecolor "#808080"
set tics nomirror out scale 0.5 textcolor "#404040"
set multiplot
unset key
set lmargin 7; set rmargin 2; set bmargin 3.3; set tmargin 3
{}{}unset multiplot
}}
set output
)",
      data, frames, frames, frames, panels, key_panel(contenders(), 0.06));
  run_gnuplot(study.folder / "paths.gp", script, {"paths.gif"});
}

}  // namespace

PathFigures measure_paths() {
  PathFigures figures;
  const Surface& bowl = surfaces()[0];
  const auto measure = [&](const char* name, Estimate& cosine, Estimate& way) {
    std::vector<double> cosines, ways;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Path path = walk(bowl, contender(name), bowl.common_rate, seed);
      cosines.push_back(mean_cosine(path));
      ways.push_back(steep_way(path));
    }
    cosine = estimate(cosines);
    way = estimate(ways);
  };
  measure("sgd", figures.sgd_cosine, figures.sgd_way);
  measure("momentum", figures.momentum_cosine, figures.momentum_way);
  for (std::size_t i = 0; i < figures.momenta.size(); ++i) {
    figures.overshoots[i] = overshoot(figures.momenta[i]);
  }
  return figures;
}

Section paths_section(const Study& study, const PathFigures& figures) {
  std::vector<Landscape> landscapes;
  for (const Surface& surface : surfaces()) {
    landscapes.push_back(explore(surface));
    draw_still(study, landscapes.back());
  }
  draw_film(study, landscapes);

  Section section{"1. The paths", {}};
  section.say(
      "Six optimizers start from one point on four surfaces. GD sees the true gradient; the others "
      "see it with noise, as from a random batch. A point stands on every path after each "
      "twentieth of the steps; the red crosses are the minima.");
  section.show(Picture{"paths.gif", "The six paths growing on the four surfaces"});
  section.say(fmt::format(
      "**In the bowl** GD, SGD and momentum have one rate, {}, which is just below what the steep "
      "axis bears. Momentum has the report's form, a moving average of the gradients. SGD goes to "
      "and fro: the mean cosine between a step and the next is {:.2f}. With momentum it is {:.2f}, "
      "but that alone shows little: of an average over ten steps nine tenths stay from one step to "
      "the next. What shows that the steps along the steep axis cancel is their length in all: "
      "{:.1f} with momentum, {:.1f} with SGD.",
      surfaces()[0].common_rate, figures.sgd_cosine.mean, figures.momentum_cosine.mean,
      figures.momentum_way.mean, figures.sgd_way.mean));
  section.show(Picture{"paths-bowl.png", "Paths in an elongated bowl"});
  section.say(fmt::format(
      "What damps also carries on: classic momentum of {}, {} and {}, without noise, overshoots "
      "the minimum along the flat axis by {:.0f} %, {:.0f} % and {:.0f} % of the way there.",
      figures.momenta[0], figures.momenta[1], figures.momenta[2], 100 * figures.overshoots[0],
      100 * figures.overshoots[1], 100 * figures.overshoots[2]));
  section.say(
      "**On the other surfaces** each has the rate, of a grid of quarter decades, whose path stays "
      "in the picture and ends lowest. In Rosenbrock's valley the gradient points across rather "
      "than along. At the saddle the gradient along y is almost nothing at the start: what divides "
      "by the gradients' size takes steps as long there as anywhere.");
  for (const char* name : {"rosenbrock", "beale", "saddle"}) {
    section.show(Picture{fmt::format("paths-{}.png", name), fmt::format("Paths on {}", name)});
  }
  Table rates{.rows = {{"height at the end (rate)"}}};
  for (const Contender& one : contenders()) rates.rows[0].push_back(one.title);
  for (const Landscape& landscape : landscapes) {
    auto& row = rates.rows.emplace_back();
    row.push_back(landscape.surface.name);
    for (std::size_t k = 0; k < landscape.paths.size(); ++k) {
      const double height = slope(landscape.surface, landscape.paths[k].back()).value;
      row.push_back(fmt::format("{:.2g} ({:.2g})", height, landscape.rates[k]));
    }
  }
  section.show(rates);
  return section;
}

}  // namespace engram::examples::study
