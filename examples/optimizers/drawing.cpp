#include "optimizers/drawing.h"

#include <fmt/format.h>

namespace engram::examples::study {

std::string style(const Contender& contender) {
  return to_gnuplot({contender.colour, contender.dash, contender.point});
}

std::string line_with_bars(const std::string& data, const Contender& contender, double pointsize) {
  return fmt::format(
      "{0} using 1:2 with lines linecolor \"{1}\" dashtype {2}, {0} using 1:2:3 with yerrorbars "
      "linecolor \"{1}\" pointtype {3} pointsize {4}",
      data, contender.colour, contender.dash, contender.point, pointsize);
}

std::string key_panel(std::span<const Contender> shown, double top) {
  std::string text = fmt::format(
      "set size 1, {0:.4f}; set origin 0, {1:.4f}\n"
      "unset title; unset xlabel; unset ylabel; unset tics; unset border; unset logscale\n"
      "set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0\n"
      "set xrange [0:1]; set yrange [0:1]; set key center center horizontal Left reverse samplen 3 "
      "width 3\n"
      "plot ",
      top, 1 - top);
  for (const Contender& one : shown) {
    text += fmt::format("{}NaN with linespoints {} title \"{}\"",
                        &one == &shown.front() ? "" : ", ", style(one), one.title);
  }
  return text + "\n";
}

}  // namespace engram::examples::study
