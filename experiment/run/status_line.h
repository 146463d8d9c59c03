#pragma once

#include <engram/experiment/run/clock.h>

#include <cstdio>
#include <string>

namespace engram::experiment {

/// A line of status text: on a terminal it is redrawn in place; elsewhere, and where TERM is not
/// set or `dumb`, each text is printed as a new line, and less often.
class StatusLine {
 public:
  explicit StatusLine(std::FILE* out);

  /// Whether enough time has passed since the last text.
  bool is_due() const;
  void draw(const std::string& text);
  /// Draws the last text, and ends the line.
  void end(const std::string& text);
  /// Restarts the time until the next text is due.
  void rest() { last_drawn_ = Clock::now(); }

 private:
  std::FILE* out_;
  bool terminal_;
  Clock::time_point last_drawn_ = Clock::now();
};

/// "1:05 left", "2 h 07 min left".
std::string time_left(double seconds);

}  // namespace engram::experiment
