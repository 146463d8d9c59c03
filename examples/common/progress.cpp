#include "common/progress.h"

#include "common/table.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace engram::examples {
namespace {

using namespace std::chrono_literals;

using Seconds = std::chrono::duration<double>;

/// How many characters a line of the terminal holds.
std::size_t width_of(std::FILE* terminal) {
  winsize size = {};
  if (ioctl(fileno(terminal), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

/// Whether a line can be drawn again.
bool redraws(std::FILE* out) {
  const char* terminal = std::getenv("TERM");
  return isatty(fileno(out)) == 1 && terminal && *terminal && terminal != std::string_view("dumb");
}

}  // namespace

Progress::Progress(std::int64_t steps, std::FILE* out)
    : out_(out), terminal_(redraws(out)), all_steps_(steps) {}

Progress::~Progress() {
  if (stage_.empty()) return;
  try {
    end("");
  } catch (...) {  // such as a full disk: the line is lost, and what threw before is told
  }
}

void Progress::begin(std::string stage) {
  stage_ = std::move(stage);
  stage_start_ = last_step_ = last_drawn_ = Clock::now();
  samples_ = correct_ = 0;
  loss_sum_ = 0;
}

void Progress::step(std::int64_t samples, double loss, std::int64_t correct) {
  ++steps_;
  samples_ += samples;
  correct_ += correct;
  loss_sum_ += loss * static_cast<double>(samples);
  last_step_ = Clock::now();
  if (last_step_ - last_drawn_ > (terminal_ ? 100ms : 10s)) draw(line(time_left()));
}

void Progress::end(const std::string& remark) {
  draw(line(remark));
  if (terminal_) std::fputc('\n', out_);
  std::fflush(out_);
  stage_.clear();
}

std::string Progress::line(const std::string& tail) const {
  constexpr std::size_t length = 20;
  const double share = static_cast<double>(std::min(steps_, all_steps_)) /
                       static_cast<double>(std::max<std::int64_t>(all_steps_, 1));
  const auto done = static_cast<std::size_t>(length * share);
  std::string text = fmt::format("{} [{:#<{}}{:-<{}}]", stage_, "", done, "", length - done);
  if (samples_ > 0) {
    const double seconds = std::max(Seconds(last_step_ - stage_start_).count(), 1e-9);
    text += fmt::format("  loss {}  accuracy {:.2f} %  {:.0f} samples/s", fixed(loss(), 4),
                        100 * accuracy(), static_cast<double>(samples_) / seconds);
  }
  return tail.empty() ? text : text + "  " + tail;
}

std::string Progress::time_left() const {
  const double left = Seconds(last_step_ - start_).count() / static_cast<double>(steps_) *
                      static_cast<double>(std::max<std::int64_t>(all_steps_ - steps_, 0));
  const auto seconds = static_cast<std::int64_t>(left + 0.5);
  if (seconds >= 3600) return fmt::format("{} h {:02} min left", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}:{:02} left", seconds / 60, seconds % 60);
}

void Progress::draw(const std::string& text) {
  if (terminal_) {
    // Back to the start of the line, the text as far as it fits, and nothing behind it.
    fmt::print(out_, "\r{}\x1b[K", text.substr(0, width_of(out_) - 1));
  } else {
    fmt::print(out_, "{}\n", text);
  }
  std::fflush(out_);
  last_drawn_ = Clock::now();
}

}  // namespace engram::examples
