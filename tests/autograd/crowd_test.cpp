#include <doctest/doctest.h>
#include <engram/autograd/kernels/crowd.h>

#include <thread>

using engram::kernels::Account;
using engram::kernels::Clock;
using engram::kernels::Crowd;
using namespace std::chrono_literals;

namespace {

/// Busy for this much CPU time.
void work(Clock::duration duration) {
  const auto cpu_time = [] {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const auto end = cpu_time() + duration;
  while (cpu_time() < end) {
  }
}

}  // namespace

TEST_CASE("Crowd: where sharing did not pay it is there for a span, which doubles") {
  Crowd crowd;
  CHECK_FALSE(crowd.is_there());
  for (const auto span : {20ms, 40ms, 80ms}) {
    const Clock::time_point begin = Clock::now();
    crowd.note(false);
    const bool is_there = crowd.is_there();
    // Unless this thread itself was descheduled meanwhile.
    if (Clock::now() - begin < span) CHECK(is_there);
    std::this_thread::sleep_until(begin + span - 5ms);
    const bool is_still_there = crowd.is_there();
    if (Clock::now() - begin < span) CHECK(is_still_there);
    std::this_thread::sleep_for(6ms);
    CHECK_FALSE(crowd.is_there());
  }
  // A single gain does not reset the span, five in a row do.
  for (int i = 0; i < 5; ++i) crowd.note(true);
  crowd.note(false);
  std::this_thread::sleep_for(21ms);
  CHECK_FALSE(crowd.is_there());
}

TEST_CASE("Account: sharing pays where the others did half of the work") {
  Crowd crowd;
  Account account;
  account.add(crowd, 2, 1, 0ms, 0ms);  // begins a window
  work(25ms);
  account.add(crowd, 2, 1, 25ms, 1ms);
  // Holds unless this thread was descheduled, on a busy machine.
  CHECK_FALSE(crowd.is_there());
}

TEST_CASE("Account: it does not where its thread waited for longer than it saved") {
  Crowd crowd;
  Account account;
  account.add(crowd, 4, 3, 0ms, 0ms);
  work(6ms);
  account.add(crowd, 4, 3, 6ms, 8ms);  // saved 2 ms, and waited 8
  CHECK(crowd.is_there());
}

TEST_CASE("Account: it does not where its thread was kept off its core") {
  Crowd crowd;
  Account account;
  account.add(crowd, 2, 1, 0ms, 0ms);
  account.add(crowd, 2, 1, 30ms, 0ms);  // with no CPU time
  CHECK(crowd.is_there());
}
