#include "plot.h"

#include "common/gnuplot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace bench {
namespace {

/// The colour of a peer (Okabe and Ito); the others share the last.
std::pair<std::string, const char*> style(const std::string& peer) {
  if (peer == "floor") return {"hand-written C", "#e69f00"};
  if (peer == "libtorch") return {"libtorch", "#0072b2"};
  if (peer == "oneDNN") return {"oneDNN", "#009e73"};
  if (peer == "limit") return {"the machine's limit", "#999999"};
  return {"Engram's other work", "#cc79a7"};
}

/// As gnuplot's enhanced text in double quotes shows it plainly.
std::string plain(const std::string& text) {
  std::string result;
  for (char c : text) {
    if (c == '_' || c == '^' || c == '@' || c == '&' || c == '{' || c == '}') result += "\\\\";
    result += c;
  }
  return result;
}

/// Where the bars stand: a line a bar, and a gap behind each work.
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

/// The bars for one number of threads, and the axis of works, named in the first panel alone.
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
                            style(name).second + 1, std::max(m.high, 1.), fmt::format("{:.2f}", m.ratio));
      }
      ++y;
    }
    y += Layout::gap;
  }
  return {fmt::format("$bars{} << end\n{}end\n", threads, bars),
          fmt::format("set ytics ({})", labels)};
}

/// The picture of one group.
void plot_group(const std::filesystem::path& folder, const std::string& name,
                const std::vector<Measurement>& measurements) {
  const Layout layout(measurements);
  std::vector<int> panels;
  double least = 0.5, most = 2;
  for (const Measurement& m : measurements) {
    if (std::ranges::find(panels, m.threads) == panels.end()) panels.push_back(m.threads);
    if (!m.valid) continue;
    least = std::min(least, m.ratio);
    most = std::max(most, m.ratio);
  }
  std::set<std::pair<std::string, std::string>> legend;
  for (const Measurement& m : measurements) legend.insert(style(m.peer));

  std::string data, draw;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const Panel bars = panel(layout, measurements, panels[i], i == 0);
    data += bars.data;
    const double left = 0.33, width = (0.985 - left) / static_cast<double>(panels.size());
    draw += fmt::format(R"(
{}
set lmargin at screen {}; set rmargin at screen {}
set title "{{/:Bold {} thread{}}}" offset 0, -0.5
plot $bars{} using (1):2:(1):1:($2-0.42):($2+0.42):(rgb(strcol(5))) with boxxyerror fillcolor rgb variable notitle, \
     "" using 1:2:3:4 with xerrorbars linecolor rgb "#000000" pointtype 0 linewidth 0.7 notitle, \
     "" using ($6*1.04):2:7 with labels left font ",8" offset 0.3, 0 notitle{}
)",
                        bars.axis,
                        left + static_cast<double>(i) * width,
                        left + static_cast<double>(i + 1) * width - 0.012, panels[i],
                        panels[i] == 1 ? "" : "s", panels[i], i == 0 ? "LEGEND" : "");
  }
  std::string keys;
  for (const auto& [title, colour] : legend) {
    keys += fmt::format(", \\\n     NaN with boxes fillcolor \"{}\" title \"{}\"", colour, title);
  }
  draw.replace(draw.find("LEGEND"), 6, keys);

  const double line = 15;  // pixels
  const double pixels = layout.height * line + 110;
  const std::string script = fmt::format(
      R"(# How many times as fast as its peers Engram is; draw it again with: gnuplot {10}.gp
rgb(text) = int("0x".text)
{0}
do for [format in "png svg"] {{
if (format eq "png") {{
  set terminal pngcairo size 2600, {1:.0f} font "sans,10" fontscale 1.9 linewidth 1.8
}} else {{
  set terminal svg size 1300, {2:.0f} font "sans,10" background "white"
}}
set output "{10}.".format
set multiplot
set border 1 linecolor "#808080"
set tics nomirror scale 0.4 textcolor "#202020"
set logscale x
set xrange [{3}:{4}]
set yrange [{5}:-1]
set xtics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
set grid xtics linetype 1 linecolor "#e0e0e0"
set arrow 1 from 1, graph 0 to 1, graph 1 nohead linecolor "#000000" linewidth 1.4 front
set style fill solid 0.85 noborder
set xlabel "the peer's time over Engram's: right of 1 Engram is faster" offset 0, 0.4
set key at screen 0.01, screen {9} left vertical maxrows 1 Left reverse samplen 1.5 width 2
set tmargin at screen {6}; set bmargin at screen {7}
{8}
unset multiplot
}}
set output
)",
      data, 2 * pixels, pixels, least * 0.9, most * 1.6, layout.height - 0.4,
      1 - 50 / pixels, 50 / pixels, draw, 1 - 12 / pixels, name);
  engram::examples::run_gnuplot(folder / (name + ".gp"), script, {name + ".png", name + ".svg"});
}

}  // namespace

void plot(const std::filesystem::path& folder, const std::vector<Measurement>& measurements) {
  std::map<std::string, std::vector<Measurement>> groups;
  for (const Measurement& m : measurements) {
    if (!m.peer.empty()) groups[m.group].push_back(m);
  }
  for (const auto& [group, members] : groups) plot_group(folder, "bench-" + group, members);
}

}  // namespace bench
