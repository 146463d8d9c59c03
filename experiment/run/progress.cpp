#include <engram/experiment/report/table.h>
#include <engram/experiment/run/progress.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace engram::experiment {
namespace {

using Seconds = std::chrono::duration<double>;

}  // namespace

Progress::Progress(std::int64_t steps, std::FILE* out) : status_(out), all_steps_(steps) {}

Progress::~Progress() {
  if (stage_.empty()) return;
  try {
    end("");
  } catch (...) {  // such as a full disk: the line is lost, an exception in flight is not
  }
}

void Progress::begin(std::string stage) {
  stage_ = std::move(stage);
  stage_start_ = last_step_ = Clock::now();
  status_.rest();
  samples_ = correct_ = 0;
  loss_sum_ = 0;
}

void Progress::step(std::int64_t samples, double loss, std::int64_t correct) {
  ++steps_;
  samples_ += samples;
  correct_ += correct;
  loss_sum_ += loss * static_cast<double>(samples);
  last_step_ = Clock::now();
  if (status_.is_due()) status_.draw(line(time_left()));
}

void Progress::end(const std::string& remark) {
  status_.end(line(remark));
  stage_.clear();
}

std::string Progress::line(const std::string& tail) const {
  constexpr std::size_t length = 20;
  const double share = std::clamp(
      static_cast<double>(steps_) / static_cast<double>(std::max<std::int64_t>(all_steps_, 1)), 0.,
      1.);
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
  return experiment::time_left(left);
}

}  // namespace engram::experiment
