#pragma once

#include "common/drawing.h"

#include <cstddef>
#include <string>

namespace engram::examples {

/// How pictures show a method of continual learning.
struct MethodStyle {
  std::string title;
  LineStyle line;
};

/// The style of a method, which it has in every picture. `label` may be followed by a comma and
/// more; a label of no known method, as
/// a combination, is its own title and takes its looks from number `place`.
MethodStyle method_style(const std::string& label, std::size_t place);

}  // namespace engram::examples
