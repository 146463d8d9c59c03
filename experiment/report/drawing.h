#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

// Building blocks of gnuplot scripts: line styles, data blocks, panels.
namespace engram::experiment {

/// Colour, dash and point of one line of a comparison. Colours (Okabe and Ito) differ in lightness
/// too, so that lines can be told apart in grey.
struct LineStyle {
  const char* colour;
  int dash;  ///< gnuplot's numbers
  int point;
};

/// `linecolor "#…" dashtype … pointtype …`
std::string to_gnuplot(const LineStyle& style);

/// A named block of data: rows of numbers, NaN where there is none.
std::string data_block(const std::string& name, const std::vector<std::vector<double>>& rows);

/// Places panel (row, column) of a grid; row 0 is the highest. `top` is the share of the picture
/// that is kept free above all panels, for a common key.
std::string panel(int row, int column, int rows, int columns, double top = 0);

/// The gnuplot script of name.png and name.svg, `width` × `height` places of an SVG wide and high:
/// the data blocks, and what plots them into one or more panels.
std::string drawing_script(const std::string& name, std::size_t width, std::size_t height,
                           const std::string& data, const std::string& commands);

/// Writes that script as name.gp into the folder and draws it. Returns as `run_gnuplot` does.
bool draw(const std::filesystem::path& folder, const std::string& name, const std::string& script);
bool draw(const std::filesystem::path& folder, const std::string& name, std::size_t width,
          std::size_t height, const std::string& data, const std::string& commands);

/// Removes what was drawn under the name, and its script.
void remove_drawing(const std::filesystem::path& folder, const std::string& name);

}  // namespace engram::experiment
