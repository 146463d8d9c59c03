#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace engram::nn {

/// The answers of `Module::is_training` during a call: listed in the first call of a checkpointed
/// function, and given again in its second one, whatever mode the modules are in by then.
class TrainingModes {
 public:
  /// Lists the answers of this thread while it lives.
  TrainingModes() = default;
  /// Gives these answers.
  explicit TrainingModes(std::vector<bool> answers)
      : answers_(std::move(answers)), given_before_(true) {}
  ~TrainingModes() { innermost_ = outer_; }
  TrainingModes(const TrainingModes&) = delete;
  TrainingModes& operator=(const TrainingModes&) = delete;

  const std::vector<bool>& answers() const { return answers_; }

  /// What `is_training` answers on this thread, for a module in this mode.
  static bool answer(bool mode) { return innermost_ ? innermost_->next(mode) : mode; }

 private:
  bool next(bool mode) {
    if (outer_) mode = outer_->next(mode);
    if (!given_before_) {
      answers_.push_back(mode);
    } else if (next_ < answers_.size()) {
      mode = answers_[next_++];
    }
    return mode;
  }

  std::vector<bool> answers_;
  bool given_before_ = false;
  std::size_t next_ = 0;
  TrainingModes* outer_ = std::exchange(innermost_, this);
  static inline thread_local TrainingModes* innermost_ = nullptr;
};

}  // namespace engram::nn
