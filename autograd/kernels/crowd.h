#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>

// Measures whether parallel loops gain time (parallel.cpp). They lose it while other processes
// occupy the cores: a thread that is descheduled with a part of the loop delays the caller, and
// threads that the caller woke may deschedule the caller itself.
namespace engram::kernels {

using Clock = std::chrono::steady_clock;

/// For how long sharing has not paid. Meanwhile loops run on their callers' threads alone, for a
/// span that doubles each time that they are shared in vain again.
class Crowd {
 public:
  bool is_there() {
    Clock::rep until = until_.load(std::memory_order_relaxed);
    if (until == 0) return false;
    if (now() < until) return true;
    until_.compare_exchange_strong(until, 0);  // unless there is another meanwhile
    return false;
  }

  void note(bool sharing_pays) {
    if (sharing_pays) {
      // A thread that has rested gets its core at once for a while, even beside a crowd: once
      // does not prove that the crowd is gone.
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
  static constexpr int enough = 5;  // times in a row, after which the next crowd is a new one
  static Clock::rep now() { return Clock::now().time_since_epoch().count(); }

  std::atomic<Clock::rep> until_{0};  // 0: there is none
  std::atomic<Clock::rep> span_{shortest.count()};
  std::atomic<int> in_a_row_{0};
};

/// What a thread gains when it shares its loops, over some of them at a time.
class Account {
 public:
  /// A loop was shared: its caller did so many of its parts itself in the time that it worked, and
  /// for so long called the others or waited for them.
  void add(Crowd& crowd, std::int64_t parts, std::int64_t own_parts, Clock::duration worked,
           Clock::duration waited) {
    if (!cpu_begin_) {  // the first loop of a window begins it
      cpu_begin_ = cpu_time();
      return;
    }
    worked_ += worked;
    waited_ += waited;
    saved_ += own_parts == 0 ? waited : worked * (parts - own_parts) / own_parts;
    if (worked_ + waited_ > window || saved_ - waited_ < -much) close(crowd);
  }

 private:
  static constexpr Clock::duration window = std::chrono::milliseconds(20);
  static constexpr Clock::duration much = std::chrono::milliseconds(5);  // for one interruption

  void close(Crowd& crowd) {
    // At least for so long it was kept off its core: its time on it is also that between loops.
    const Clock::duration kept_off =
        std::max(Clock::duration(0), worked_ - (cpu_time() - *cpu_begin_));
    // What it worked in truth, and would have worked for what the others did.
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
