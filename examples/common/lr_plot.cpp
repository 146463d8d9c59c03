#include "common/lr_plot.h"

#include "common/gnuplot.h"

#include <fmt/format.h>

namespace engram::examples {

std::string lr_plot_script(const optim::LRCurve& curve) {
  std::string data;
  for (std::size_t i = 0; i < curve.lr.size(); ++i) {
    data +=
        fmt::format("{:.6g} {:.6g} {:.6g}\n", curve.lr[i], curve.loss[i], curve.smoothed_loss[i]);
  }
  // What diverges at the end would press the rest flat.
  const double top = curve.loss.empty() ? 1 : 1.5 * curve.smoothed_loss.front();
  std::string suggestion;
  if (curve.suggestion) {
    suggestion = fmt::format(
        R"(set arrow from {0:.6g}, graph 0 to {0:.6g}, graph 1 nohead linecolor "#d55e00" dashtype 2
set label "suggested: {0:.2g}" at {0:.6g}, graph 0.96 right offset -0.8, 0 textcolor "#d55e00"
)",
        *curve.suggestion);
  }
  return fmt::format(
      R"(# The loss over the learning rate; run it again with: gnuplot find_lr.gp
# The columns: rate, loss on its batch, smoothed loss.
$losses << end
{}end
set border 3 linecolor "#808080"
set tics nomirror out scale 0.5 textcolor "#404040"
set grid ytics linetype 1 linecolor "#e0e0e0"
set logscale x
set format x "10^{{%L}}"
set xlabel "learning rate" offset 0, 0.3
set ylabel "training loss" offset 0.8, 0
set yrange [0:{:.6g}]
set key bottom left Left reverse samplen 2
{}do for [format in "png svg"] {{
if (format eq "png") {{
  set terminal pngcairo size 1400, 840 font "sans,11" fontscale 1.6 linewidth 2.2 pointscale 2
}} else {{
  set terminal svg size 700, 420 font "sans,11" linewidth 1.2 background "white"
}}
set output "find_lr.".format
plot $losses using 1:2 with points pointtype 7 pointsize 0.35 linecolor "#a0a0a0" title "of a batch", \
     $losses using 1:3 with lines linecolor "#0072b2" linewidth 1.5 title "smoothed"
}}
set output
)",
      data, top, suggestion);
}

bool plot_lr_curve(const std::filesystem::path& folder, const optim::LRCurve& curve) {
  return run_gnuplot(folder / "find_lr.gp", lr_plot_script(curve), {"find_lr.png", "find_lr.svg"});
}

}  // namespace engram::examples
