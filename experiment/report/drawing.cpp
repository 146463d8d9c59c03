#include <engram/experiment/report/drawing.h>
#include <engram/experiment/report/gnuplot.h>

#include <fmt/format.h>

#include <cmath>

namespace engram::experiment {

std::string to_gnuplot(const LineStyle& style) {
  return fmt::format("linecolor \"{}\" dashtype {} pointtype {}", style.colour, style.dash,
                     style.point);
}

std::string data_block(const std::string& name, const std::vector<std::vector<double>>& rows) {
  std::string text = fmt::format("${} << end\n", name);
  for (const auto& row : rows) {
    for (double value : row) {
      text += std::isfinite(value) ? fmt::format("{:.6g} ", value) : "NaN ";
    }
    text += "\n";
  }
  return text + "end\n";
}

std::string panel(int row, int column, int rows, int columns, double top) {
  const double height = (1 - top) / rows;
  return fmt::format("set size {:.4f}, {:.4f}; set origin {:.4f}, {:.4f}\n", 1. / columns, height,
                     static_cast<double>(column) / columns, 1 - top - (row + 1) * height);
}

std::string drawing_script(const std::string& name, std::size_t width, std::size_t height,
                           const std::string& data, const std::string& commands) {
  return fmt::format(
      R"(# Draws {0}.png and {0}.svg; run it again with: gnuplot {0}.gp
{1}
do for [format in "png svg"] {{
reset
if (format eq "png") {{
  set terminal pngcairo size {2}, {3} font "sans,11" fontscale 1.6 linewidth 2.2 pointscale 2
}} else {{
  set terminal svg size {4}, {5} font "sans,11" linewidth 1.2 background "white"
}}
set output "{0}.".format
set border 3 linecolor "#808080"
set tics nomirror out scale 0.5 textcolor "#404040"
set style fill solid 0.85
set multiplot
{6}unset multiplot
}}
set output
)",
      name, data, 2 * width, 2 * height, width, height, commands);
}

bool draw(const std::filesystem::path& folder, const std::string& name, const std::string& script) {
  return run_gnuplot(folder / (name + ".gp"), script, {name + ".png", name + ".svg"});
}

bool draw(const std::filesystem::path& folder, const std::string& name, std::size_t width,
          std::size_t height, const std::string& data, const std::string& commands) {
  return draw(folder, name, drawing_script(name, width, height, data, commands));
}

void remove_drawing(const std::filesystem::path& folder, const std::string& name) {
  for (const char* kind : {".gp", ".png", ".svg"}) std::filesystem::remove(folder / (name + kind));
}

}  // namespace engram::experiment
