#pragma once

#include <engram/experiment/report/drawing.h>

#include <string>
#include <vector>

namespace engram::experiment {

/// How pictures show a method of continual learning.
struct MethodStyle {
  std::string title;
  LineStyle line;
};

/// The styles of methods that stand in one picture. A method has the same in every picture; what
/// follows a comma in a label tells its variants apart, which have its colour, with other dashes
/// and points. A label of no known method, as a combination, is its own title.
std::vector<MethodStyle> method_styles(const std::vector<std::string>& labels);

}  // namespace engram::experiment
