#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

// Building blocks of gnuplot scripts: line styles, data blocks, panels.
namespace engram::experiment {

/// Colour, dash and point of one line of a comparison. Colours (Okabe and Ito) differ in lightness
/// too, so that lines are distinguishable in grey.
struct LineStyle {
  const char* colour;
  int dash;  ///< gnuplot's numbers
  int point;
};

/// `linecolor "#…" dashtype … pointtype …`
std::string to_gnuplot(const LineStyle& style);

/// A named data block: rows of numbers, NaN for a missing one.
std::string data_block(const std::string& name, const std::vector<std::vector<double>>& rows);

/// Places panel (row, column) of a grid; row 0 is the top one. `top` is the fraction of the picture
/// left free above all panels, for a common key.
std::string panel(int row, int column, int rows, int columns, double top = 0);

/// The gnuplot script of name.png and name.svg, the SVG of `width` × `height` units: the data
/// blocks, and the commands that plot them in one or more panels.
std::string drawing_script(const std::string& name, std::size_t width, std::size_t height,
                           const std::string& data, const std::string& commands);

/// Writes that script as name.gp into the folder and draws it. Returns as `run_gnuplot` does.
bool draw(const std::filesystem::path& folder, const std::string& name, const std::string& script);
bool draw(const std::filesystem::path& folder, const std::string& name, std::size_t width,
          std::size_t height, const std::string& data, const std::string& commands);

/// Removes the pictures of this name, and their script.
void remove_drawing(const std::filesystem::path& folder, const std::string& name);

}  // namespace engram::experiment
