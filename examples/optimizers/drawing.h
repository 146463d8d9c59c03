#pragma once

#include "optimizers/contender.h"

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

// What the pictures have in common: gnuplot's words for a data block, a contender's line, a panel.
namespace engram::examples::study {

/// A named block of data: rows of numbers, NaN where there is none.
std::string data_block(const std::string& name, const std::vector<std::vector<double>>& rows);

/// `linecolor "#…" dashtype … pointtype …`, as this contender looks everywhere.
std::string style(const Contender& contender);

/// Places panel (row, column) of a grid; row 0 is the highest. `top` is the share of the picture
/// that is kept free above all panels, for a common key.
std::string panel(int row, int column, int rows, int columns, double top = 0);

/// A multiplot panel that shows nothing but a key with these contenders, in one row above the rest.
std::string key_panel(std::span<const Contender> shown, double top);

/// Draws name.png and name.svg, `width` × `height` places of an SVG wide and high, from name.gp.
bool draw(const std::filesystem::path& folder, const std::string& name, int width, int height,
          const std::string& data, const std::string& commands);

}  // namespace engram::examples::study
