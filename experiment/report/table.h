#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace engram::experiment {

/// The number of characters, not bytes, of a UTF-8 text.
std::size_t width(const std::string& text);

/// Prints a table to stdout: the first row is the header, the first column is aligned left, the
/// others right.
void print_table(const std::vector<std::vector<std::string>>& rows);

/// 0.42126 with 4 digits -> "0.4213"; NaN -> "nan", whatever its sign.
std::string fixed(double value, int digits);

/// 0.9261 -> "92.61", NaN -> "-", a number that rounds to 0 -> "0.00" without a sign.
std::string percent(double fraction);

}  // namespace engram::experiment
