#include <engram/experiment/run/status_line.h>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace engram::experiment {
namespace {

using namespace std::chrono_literals;

/// The number of characters in a line of the terminal.
std::size_t width_of(std::FILE* terminal) {
  winsize size = {};
  if (ioctl(fileno(terminal), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

/// Whether a line can be redrawn.
bool redraws(std::FILE* out) {
  const char* terminal = std::getenv("TERM");
  return isatty(fileno(out)) == 1 && terminal && *terminal && terminal != std::string_view("dumb");
}

}  // namespace

StatusLine::StatusLine(std::FILE* out) : out_(out), terminal_(redraws(out)) {}

bool StatusLine::is_due() const { return Clock::now() - last_drawn_ > (terminal_ ? 100ms : 10s); }

void StatusLine::draw(const std::string& text) {
  if (terminal_) {
    // Return to the start of the line, print the text as far as it fits, erase the rest.
    fmt::print(out_, "\r{}\x1b[K", text.substr(0, width_of(out_) - 1));
  } else {
    fmt::print(out_, "{}\n", text);
  }
  std::fflush(out_);
  rest();
}

void StatusLine::end(const std::string& text) {
  draw(text);
  if (terminal_) std::fputc('\n', out_);
  std::fflush(out_);
}

std::string time_left(double left) {
  const auto seconds = static_cast<std::int64_t>(left + 0.5);
  if (seconds >= 3600) return fmt::format("{} h {:02} min left", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}:{:02} left", seconds / 60, seconds % 60);
}

}  // namespace engram::experiment
