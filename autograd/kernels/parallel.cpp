#include <engram/autograd/kernels/available_cpus.h>
#include <engram/autograd/kernels/crowd.h>
#include <engram/autograd/kernels/parallel.h>

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <mutex>
#include <thread>

namespace engram::kernels {
namespace {

using Word = std::atomic<std::uint32_t>;  // a futex

constinit Crowd crowd;

/// Spins before it sleeps, because waking a sleeping thread costs tens of microseconds. The time to
/// spin adapts: it is halved after a long wait, and reset after a short one.
class Wait {
 public:
  /// Waits until the word is no longer `old`.
  void until_changed(Word& word, std::uint32_t old) {
    if (changes(word, old)) return;
    const Clock::time_point begin = Clock::now();
    if (!crowd.is_there() && spin(word, old, begin)) return;
    while (word.load() == old) word.wait(old);
    patience_ = Clock::now() - begin < longest ? longest : patience_ / 2;
  }

 private:
  static constexpr Clock::duration longest = std::chrono::microseconds(100);

  static bool changes(const Word& word, std::uint32_t old) {
    for (int i = 0; i < 32; ++i) {
      if (word.load() != old) return true;
#ifdef ENGRAM_X86
      __builtin_ia32_pause();
#endif
    }
    return false;
  }

  bool spin(const Word& word, std::uint32_t old, Clock::time_point begin) {
    while (Clock::now() - begin < patience_) {
      if (changes(word, old)) return true;
    }
    return false;
  }

  Clock::duration patience_ = longest;
};

/// Moves this thread off the core of the caller that waits for it, if another core is usable: the
/// scheduler may put a thread on the core of its waker, and leave it there. At most once a
/// millisecond, because it takes three system calls. An affinity set by another thread between
/// these is lost.
void change_core(int from) {
  static thread_local Clock::time_point last;
  const Clock::time_point now = Clock::now();
  if (now - last < std::chrono::milliseconds(1)) return;
  last = now;
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) != 0 || !CPU_ISSET(from, &usable)) return;
  cpu_set_t others = usable;
  CPU_CLR(from, &others);
  if (CPU_COUNT(&others) == 0 || sched_setaffinity(0, sizeof others, &others) != 0) return;
  sched_setaffinity(0, sizeof usable, &usable);
}

thread_local bool in_loop = false;
thread_local Wait waiting;
thread_local Account account;

/// A running loop; it lives on the stack of its caller.
class Job {
 public:
  Job(RangeLoop loop, std::int64_t n, std::int64_t parts)
      : loop_(loop),
        n_(n),
        parts_(parts),
        unclaimed_(Range{0, static_cast<std::uint32_t>(parts)}) {}

  bool is_claimed() const {
    const Range left = unclaimed_.load();
    return left.begin == left.end;
  }

  // Return the number of parts that were run. Parts are claimed from both ends, so that each of two
  // threads tends to get the parts that it has in its caches from the previous loop.
  std::int64_t run_from_front() {
    return work([](Range& left) { return left.begin++; });
  }
  std::int64_t run_from_back() {
    return work([](Range& left) { return --left.end; });
  }

  void join() { helpers_.fetch_add(1); }
  int core() const { return core_; }
  /// Once the last helper has left, the caller may destroy the job: notify_one only uses the
  /// address.
  void leave() {
    if (helpers_.fetch_sub(1) == 1) helpers_.notify_one();
  }
  void wait_for_helpers() {
    while (const std::uint32_t helpers = helpers_.load()) waiting.until_changed(helpers_, helpers);
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  Job* next = nullptr;

 private:
  struct alignas(8) Range {  // one word
    std::uint32_t begin, end;
  };

  template <class Take>
  std::int64_t work(Take take) {
    std::int64_t count = 0;
    for (Range left = unclaimed_.load(); left.begin != left.end;) {
      Range rest = left;
      const std::int64_t part = take(rest);
      if (!unclaimed_.compare_exchange_weak(left, rest)) continue;
      run(part);
      ++count;
      left = unclaimed_.load();
    }
    return count;
  }

  void run(std::int64_t part) {
    try {
      loop_.run(loop_.body, n_ * part / parts_, n_ * (part + 1) / parts_);
    } catch (...) {
      if (!failed_.test_and_set()) error_ = std::current_exception();
    }
  }

  RangeLoop loop_;
  int core_ = sched_getcpu();  // of the caller
  std::int64_t n_, parts_;
  std::atomic<Range> unclaimed_;
  Word helpers_{0};
  std::atomic_flag failed_;
  std::exception_ptr error_;  // the first
};

/// The worker threads. Never destroyed, and the threads are never joined: they hold no resource
/// that must be released at the end of the process.
class Pool {
 public:
  void run(Job& job, std::int64_t parts) {
    const std::int64_t helpers = parts - 1;
    const Clock::time_point called = Clock::now();
    {
      const std::lock_guard lock(mutex_);
      while (workers_ < helpers && start_worker()) {
      }
      job.next = jobs_;
      jobs_ = &job;
    }
    announced_.fetch_add(1);
    for (std::int64_t i = 0; i < helpers; ++i) announced_.notify_one();
    const Clock::time_point begin = Clock::now();
    in_loop = true;
    const std::int64_t own_parts = job.run_from_front();
    in_loop = false;
    {
      const std::lock_guard lock(mutex_);
      Job** at = &jobs_;
      while (*at != &job) at = &(*at)->next;
      *at = job.next;
    }
    const Clock::time_point done = Clock::now();
    job.wait_for_helpers();
    account.add(crowd, parts, own_parts, done - begin, begin - called + (Clock::now() - done));
  }

 private:
  /// False when the system has no thread or memory left: the existing threads run the loop.
  bool start_worker() {
    sigset_t all, before;  // workers block all signals, which are for the program's own threads
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = true;
    try {
      std::thread([this] { work(); }).detach();
      ++workers_;
    } catch (const std::exception&) {
      started = false;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
  }

  void work() {
    in_loop = true;  // nested loops run on this thread alone
    for (;;) {
      const std::uint32_t seen = announced_.load();
      if (Job* job = join_job()) {
        if (const int core = sched_getcpu(); core == job->core()) change_core(core);
        job->run_from_back();
        job->leave();
      } else {
        waiting.until_changed(announced_, seen);
      }
    }
  }

  /// Joins the newest job with unclaimed parts; null when there is none.
  Job* join_job() {
    const std::lock_guard lock(mutex_);
    Job* job = jobs_;
    while (job && job->is_claimed()) job = job->next;
    if (job) job->join();
    return job;
  }

  std::mutex mutex_;
  Job* jobs_ = nullptr;
  std::int64_t workers_ = 0;
  Word announced_{0};  // number of jobs so far
};

Pool& pool() {
  static Pool* const instance = [] {
    static Pool* const made = new Pool;
    // A forked child has none of the threads, and maybe a locked mutex: it gets a new pool.
    pthread_atfork(nullptr, nullptr, [] {
      new (made) Pool;
      account = {};
    });
    return made;
  }();
  return *instance;
}

std::int64_t& threads_of_this_thread() {
  static const std::int64_t by_default = default_threads();
  thread_local std::int64_t threads = by_default;
  return threads;
}

// Made before main: in a child forked while another thread constructs them, their use would never
// return.
[[maybe_unused]] const bool is_ready = (pool(), threads_of_this_thread(), true);

}  // namespace

std::int64_t max_threads() { return in_loop || crowd.is_there() ? 1 : threads_of_this_thread(); }

std::int64_t thread_limit() { return threads_of_this_thread(); }

void set_thread_limit(std::int64_t threads) { threads_of_this_thread() = threads; }

void run_in_parallel(std::int64_t n, std::int64_t parts, RangeLoop loop) {
  if (parts == 1 || in_loop) return loop.run(loop.body, 0, n);
  Job job(loop, n, parts);
  pool().run(job, parts);
  job.rethrow();
}

}  // namespace engram::kernels
