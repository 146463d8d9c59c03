#include <engram/experiment/report/drawing.h>
#include <engram/experiment/report/lr_plot.h>

#include <fmt/format.h>

namespace engram::experiment {

std::string lr_plot_script(const optim::LRCurve& curve) {
  std::string data;
  for (std::size_t i = 0; i < curve.lr.size(); ++i) {
    data +=
        fmt::format("{:.6g} {:.6g} {:.6g}\n", curve.lr[i], curve.loss[i], curve.smoothed_loss[i]);
  }
  // The y range excludes the divergence at the end of the curve.
  const double top = curve.loss.empty() ? 1 : 1.5 * curve.smoothed_loss.front();
  std::string suggestion;
  if (curve.suggestion) {
    suggestion = fmt::format(
        R"(set arrow from {0:.6g}, graph 0 to {0:.6g}, graph 1 nohead linecolor "#d55e00" dashtype 2
set label "suggested: {0:.2g}" at {0:.6g}, graph 0.96 right offset -0.8, 0 textcolor "#d55e00"
)",
        *curve.suggestion);
  }
  data =
      "# The loss over the learning rate: rate, loss on its batch, smoothed loss.\n"
      "$losses << end\n" +
      data + "end\n";
  const std::string commands = fmt::format(
      R"(set grid ytics linetype 1 linecolor "#e0e0e0"
set logscale x
set format x "10^{{%L}}"
set xlabel "learning rate" offset 0, 0.3
set ylabel "training loss, nats" offset 0.8, 0
set yrange [0:{:.6g}]
set key bottom left Left reverse samplen 2
{}plot $losses using 1:2 with points pointtype 7 pointsize 0.35 linecolor "#a0a0a0" title "of a batch", \
     $losses using 1:3 with lines linecolor "#0072b2" linewidth 1.5 title "smoothed"
)",
      top, suggestion);
  return drawing_script("find_lr", 700, 420, data, commands);
}

bool plot_lr_curve(const std::filesystem::path& folder, const optim::LRCurve& curve) {
  return draw(folder, "find_lr", lr_plot_script(curve));
}

}  // namespace engram::experiment
