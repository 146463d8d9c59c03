#pragma once

#include <engram/experiment/run/clock.h>

#include <cstdio>
#include <string>

namespace engram::experiment {

/// A line of text that changes: on a terminal it is drawn again and again; elsewhere, and where
/// TERM is not set or `dumb`, each text is a line of its own, and they come less often.
class StatusLine {
 public:
  explicit StatusLine(std::FILE* out);

  /// Whether the line was drawn so long ago that it is time for another text.
  bool is_due() const;
  void draw(const std::string& text);
  /// Draws the text a last time; what follows stands below.
  void end(const std::string& text);
  /// Counts as drawn now.
  void rest() { last_drawn_ = Clock::now(); }

 private:
  std::FILE* out_;
  bool terminal_;
  Clock::time_point last_drawn_ = Clock::now();
};

/// "1:05 left", "2 h 07 min left".
std::string time_left(double seconds);

}  // namespace engram::experiment
