#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>

// Measures whether parallel loops save time (parallel.cpp). They lose time while other processes
// occupy the cores: a thread that is descheduled with a part of the loop delays the caller, and
// threads that the caller woke may preempt the caller itself.
namespace engram::kernels {

using Clock = std::chrono::steady_clock;

/// Exponential backoff: after a window in which parallel loops lost time, loops run on their
/// callers' threads alone for a span that doubles with each further loss.
class Crowd {
 public:
  bool is_there() {
    Clock::rep until = until_.load(std::memory_order_relaxed);
    if (until == 0) return false;
    if (now() < until) return true;
    until_.compare_exchange_strong(until, 0);  // unless another thread has set a later end
    return false;
  }

  void note(bool sharing_pays) {
    if (sharing_pays) {
      // A thread that has slept is scheduled at once for a while, even on a busy core: a single
      // gain does not prove that the cores are free.
      if (++in_a_row_ == enough) span_ = shortest.count();
      return;
    }
    in_a_row_ = 0;
    const Clock::rep span = span_;
    span_ = std::min(2 * span, longest.count());
    until_ = now() + span;
  }

 private:
  static constexpr Clock::duration shortest = std::chrono::milliseconds(20);
  static constexpr Clock::duration longest = std::chrono::milliseconds(2560);
  static constexpr int enough = 5;  // gains in a row that reset the span
  static Clock::rep now() { return Clock::now().time_since_epoch().count(); }

  std::atomic<Clock::rep> until_{0};  // end of the span; 0 outside of one
  std::atomic<Clock::rep> span_{shortest.count()};
  std::atomic<int> in_a_row_{0};
};

/// The time that a thread saves by running its loops in parallel, over a window of several loops.
class Account {
 public:
  /// Adds a parallel loop: its caller ran `own_parts` of the parts in the time `worked`, and spent
  /// `waited` on waking the other threads and waiting for them.
  void add(Crowd& crowd, std::int64_t parts, std::int64_t own_parts, Clock::duration worked,
           Clock::duration waited) {
    if (!cpu_begin_) {  // the first loop of a window begins it
      cpu_begin_ = cpu_time();
      return;
    }
    worked_ += worked;
    waited_ += waited;
    saved_ += own_parts == 0 ? waited : worked * (parts - own_parts) / own_parts;
    if (worked_ + waited_ > window || saved_ - waited_ < -large_loss) close(crowd);
  }

 private:
  static constexpr Clock::duration window = std::chrono::milliseconds(20);
  static constexpr Clock::duration large_loss = std::chrono::milliseconds(5);  // ends a window

  void close(Crowd& crowd) {
    // A lower bound of the time off the CPU within loops: cpu_time includes the time between them.
    const Clock::duration kept_off =
        std::max(Clock::duration(0), worked_ - (cpu_time() - *cpu_begin_));
    // The share of `worked_` on the CPU; the others' parts would have taken that share of `saved_`.
    const double share = worked_.count() > 0 ? 1 - seconds(kept_off) / seconds(worked_) : 1;
    const double gained = share * seconds(saved_) - seconds(waited_ + kept_off);
    crowd.note(gained > seconds(worked_ + waited_) / 16 && kept_off <= worked_ / 16);
    *this = {};
  }

  static double seconds(Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
  }
  static Clock::duration cpu_time() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }

  std::optional<Clock::duration> cpu_begin_;
  Clock::duration worked_{}, waited_{}, saved_{};
};

}  // namespace engram::kernels
