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

/// The styles of the methods of one picture. A method has the same style in every picture. Its
/// variants, whose labels go on after a comma, share its colour and differ in dashes and points. A
/// label of no known method, as a combination, is its own title.
std::vector<MethodStyle> method_styles(const std::vector<std::string>& labels);

}  // namespace engram::experiment
