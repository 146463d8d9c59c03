#include <engram/experiment/report/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace engram::experiment {

std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::size_t total = 0;
  for (std::size_t width : widths) total += width + 2;

  fmt::print("\n");
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      if (i == 0)
        fmt::print("{:<{}}", rows[r][i], widths[i]);
      else
        fmt::print("  {:>{}}", rows[r][i], widths[i]);
    }
    fmt::print("\n");
    if (r == 0) fmt::print("{:-<{}}\n", "", total - 2);
  }
}

std::string fixed(double value, int digits) {
  return std::isnan(value) ? "nan" : fmt::format("{:.{}f}", value, digits);
}

std::string percent(double fraction) {
  const std::string text = fmt::format("{:.2f}", 100 * fraction);
  return std::isnan(fraction) ? "-" : text == "-0.00" ? "0.00" : text;
}

}  // namespace engram::experiment
