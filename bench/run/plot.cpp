#include "plot.h"

#include "curves.h"
#include "report.h"
#include "style.h"

#include <engram/experiment/report/gnuplot.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace bench {
namespace {

/// The text escaped for gnuplot's enhanced mode in double quotes.
std::string plain(const std::string& text) {
  std::string result;
  for (char c : text) {
    if (c == '_' || c == '^' || c == '@' || c == '&' || c == '{' || c == '}') result += "\\\\";
    result += c;
  }
  return result;
}

/// The layout of the bars: one row a bar, and a gap after each work.
struct Layout {
  std::vector<std::pair<std::string, std::vector<std::string>>> works;  // and their peers
  double height = 0;

  explicit Layout(const std::vector<Measurement>& measurements) {
    for (const Measurement& m : measurements) {
      if (works.empty() || works.back().first != m.work) works.push_back({m.work, {}});
      std::vector<std::string>& peers = works.back().second;
      if (std::ranges::find(peers, m.peer) == peers.end()) peers.push_back(m.peer);
    }
    for (const auto& [work, peers] : works) height += static_cast<double>(peers.size()) + gap;
  }

  static constexpr double gap = 0.7;
};

struct Panel {
  std::string data, axis;
};

/// The bars for one number of threads, and the axis of works, labelled in the first panel only.
Panel panel(const Layout& layout, const std::vector<Measurement>& measurements, int threads,
            bool named) {
  double y = 0;
  std::string bars, labels;
  for (const auto& [work, names] : layout.works) {
    const auto count = static_cast<double>(names.size());
    labels += fmt::format("{}\"{}\" {}", labels.empty() ? "" : ", ", named ? plain(work) : "",
                          y + (count - 1) / 2);
    for (const std::string& name : names) {
      for (const Measurement& m : measurements) {
        if (m.work != work || m.peer != name || m.threads != threads || !m.valid) continue;
        bars += fmt::format("{} {} {} {} \"{}\" {} \"{}\"\n", m.ratio, y, m.low, m.high,
                            style(name).colour + 1, std::max(m.high, 1.), ratio_text(m.ratio));
      }
      ++y;
    }
    y += Layout::gap;
  }
  return {fmt::format("$bars{} << end\n{}end\n", threads, bars),
          fmt::format("set ytics ({})", labels)};
}

/// The commands that draw a panel between `left` and `right` of the picture.
std::string draw_panel(const Panel& panel, int threads, double left, double right,
                       const std::string& legend) {
  return fmt::format(R"(
{axis}
set lmargin at screen {left}; set rmargin at screen {right}
set title "{{/:Bold {threads} thread{s}}}" offset 0, -0.5
plot $bars{threads} using (1):2:(1):1:($2-0.42):($2+0.42):(rgb(strcol(5))) \
       with boxxyerror fillcolor rgb variable notitle, \
     "" using 1:2:3:4 with xerrorbars linecolor rgb "#000000" pointtype 0 linewidth 0.7 notitle, \
     "" using ($6*1.04):2:7 with labels left font ",8" offset 0.3, 0 notitle{legend}
)",
                     fmt::arg("axis", panel.axis), fmt::arg("left", left), fmt::arg("right", right),
                     fmt::arg("threads", threads), fmt::arg("s", threads == 1 ? "" : "s"),
                     fmt::arg("legend", legend));
}

std::string legend_of(const std::vector<Measurement>& measurements) {
  std::set<std::pair<std::string, std::string>> peers;
  for (const Measurement& m : measurements) {
    peers.insert({style(m.peer).title, style(m.peer).colour});
  }
  std::string text;
  for (const auto& [title, colour] : peers) {
    text += fmt::format(", \\\n     NaN with boxes fillcolor \"{}\" title \"{}\"", colour, title);
  }
  return text;
}

/// The picture of one group.
void plot_bars(const std::filesystem::path& folder, const std::string& name,
               const std::vector<Measurement>& measurements) {
  const Layout layout(measurements);
  std::set<int> threads;
  double least = 0.5, most = 2;
  for (const Measurement& m : measurements) {
    threads.insert(m.threads);
    if (!m.valid) continue;
    least = std::min(least, m.low);
    most = std::max(most, m.high);
  }

  std::string data, draw;
  double left = 0.33;  // for the names of the works
  const double width = (0.985 - left) / static_cast<double>(threads.size());
  for (int count : threads) {
    const bool first = count == *threads.begin();
    const Panel bars = panel(layout, measurements, count, first);
    data += bars.data;
    draw +=
        draw_panel(bars, count, left, left + width - 0.012, first ? legend_of(measurements) : "");
    left += width;
  }

  const double pixels = 15 * layout.height + 110;
  const std::string script = fmt::format(
      R"(# How many times as fast as its peers Engram is; draw it again with: gnuplot {name}.gp
rgb(text) = int("0x".text)
{data}
do for [format in "png svg"] {{
if (format eq "png") {{
  set terminal pngcairo size 2600, {png_height:.0f} font "sans,10" fontscale 1.9 linewidth 1.8
}} else {{
  set terminal svg size 1300, {svg_height:.0f} font "sans,10" background "white"
}}
set output "{name}.".format
set multiplot
set border 1 linecolor "#808080"
set tics nomirror scale 0.4 textcolor "#202020"
set logscale x
set xrange [{least}:{most}]
set yrange [{last}:-1]
set xtics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)
set grid xtics linetype 1 linecolor "#e0e0e0"
set arrow 1 from 1, graph 0 to 1, graph 1 nohead linecolor "#000000" linewidth 1.4 front
set style fill solid 0.85 noborder
set xlabel "the peer's over Engram's: right of 1 Engram is better" offset 0, 0.4
set key at screen 0.01, screen {key} left vertical maxrows 1 Left reverse samplen 1.5 width 2
set tmargin at screen {top}; set bmargin at screen {bottom}
{draw}
unset multiplot
}}
set output
)",
      fmt::arg("name", name), fmt::arg("data", data), fmt::arg("png_height", 2 * pixels),
      fmt::arg("svg_height", pixels), fmt::arg("least", least * 0.9), fmt::arg("most", most * 1.6),
      fmt::arg("last", layout.height - 0.4), fmt::arg("key", 1 - 12 / pixels),
      fmt::arg("top", 1 - 50 / pixels), fmt::arg("bottom", 50 / pixels), fmt::arg("draw", draw));
  engram::experiment::run_gnuplot(folder / (name + ".gp"), script, {name + ".png", name + ".svg"});
}

}  // namespace

void plot(const std::filesystem::path& folder, const std::vector<Measurement>& measurements) {
  std::map<std::string, std::vector<Measurement>> groups;
  for (const Measurement& m : measurements) {
    if (!m.peer.empty()) groups[m.group].push_back(m);
  }
  for (const auto& [group, members] : groups) {
    const bool as_curves = !members.front().point.axis.empty();
    (as_curves ? plot_curves : plot_bars)(folder, "bench-" + group, members);
  }
}

}  // namespace bench
