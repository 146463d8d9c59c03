#pragma once

#include <engram/experiment/report/drawing.h>

#include <string>
#include <vector>

namespace engram::experiment {

/// Title and line style of a method of continual learning in figures.
struct MethodStyle {
  std::string title;
  LineStyle line;
};

/// The styles of the methods of one figure. A method has the same style in every figure. Its
/// variants, whose labels continue after a comma, share its colour and differ in dashes and points.
/// An unknown label, such as that of a combination, is its own title.
std::vector<MethodStyle> method_styles(const std::vector<std::string>& labels);

}  // namespace engram::experiment
