#pragma once

#include <engram/experiment/run/status_line.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace engram::experiment {

/// Shows the progress of a training: on a terminal one line that is redrawn; elsewhere, and where
/// TERM is not set or `dumb`, a plain line at the end of each stage and every ten seconds.
///
///     epoch 3/10 [######--------------]  loss 0.0421  accuracy 98.71 %  61200 samples/s  0:12 left
///
/// Loss, accuracy and rate are means over the stage's steps so far; bar and time left are the whole
/// run's.
class Progress {
 public:
  /// Of a run with this many training steps in all its stages.
  explicit Progress(std::int64_t steps, std::FILE* out = stdout);
  ~Progress();  ///< ends the line of an interrupted stage
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Subtracts steps that were done by an earlier process, or are not needed, from the total.
  void skip(std::int64_t steps) { all_steps_ -= steps; }
  void begin(std::string stage);
  /// Adds one training step: its samples, their mean loss, the number classified correctly.
  void step(std::int64_t samples, double loss, std::int64_t correct);
  /// Ends the stage's line with a remark in place of the time left.
  void end(const std::string& remark);

  std::int64_t steps() const { return steps_; }  ///< done so far, in all stages
  double loss() const { return loss_sum_ / static_cast<double>(samples_); }
  double accuracy() const { return static_cast<double>(correct_) / static_cast<double>(samples_); }

 private:
  std::string line(const std::string& tail) const;
  std::string time_left() const;

  StatusLine status_;
  std::int64_t all_steps_;
  std::int64_t steps_ = 0;
  Clock::time_point start_ = Clock::now();

  std::string stage_;  // empty between stages
  Clock::time_point stage_start_, last_step_;
  std::int64_t samples_ = 0;
  std::int64_t correct_ = 0;
  double loss_sum_ = 0;
};

}  // namespace engram::experiment
