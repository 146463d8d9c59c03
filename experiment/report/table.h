#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace engram::experiment {

/// How many places the text takes: characters, not bytes.
std::size_t width(const std::string& text);

/// Prints a table to stdout: the first row is the head, the first column stands left, the others
/// right.
void print_table(const std::vector<std::vector<std::string>>& rows);

/// 0.42126 with 4 digits -> "0.4213"; NaN -> "nan", for its sign means nothing.
std::string fixed(double value, int digits);

/// 0.9261 -> "92.61", NaN -> "-", what is nothing when rounded -> "0.00" without a sign.
std::string percent(double fraction);

}  // namespace engram::experiment
