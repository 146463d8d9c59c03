#pragma once

#include <engram/autograd/kernels/instruction_set.h>

#include <algorithm>
#include <cstdint>

// Parallel loops on a thread pool. Kernels divide their work so that results depend neither on the
// number of threads nor on which thread runs a part.
namespace engram::kernels {

inline constexpr std::int64_t elementwise_grain = 16384;  // elements worth waking a thread for

/// The grain in groups of elements, where a group is not divided.
inline std::int64_t groups_per_grain(std::int64_t elements_per_group) {
  return std::max<std::int64_t>(1,
                                elementwise_grain / std::max<std::int64_t>(1, elements_per_group));
}

/// The number of threads that a kernel of the calling thread may use now: 1 inside of a parallel
/// loop, and while other processes occupy the cores (crowd.h).
std::int64_t max_threads();

/// The upper limit of max_threads, of the calling thread.
void set_thread_limit(std::int64_t threads);
std::int64_t thread_limit();

/// A loop over a range of items: `run(body, begin, end)`.
struct RangeLoop {
  void* body;
  void (*run)(void* body, std::int64_t begin, std::int64_t end);
};

/// Runs the loop over `parts` contiguous ranges that make up [0, n). The calling thread and those
/// of the pool claim parts until none is left; a nested loop runs on the calling thread alone.
void run_in_parallel(std::int64_t n, std::int64_t parts, RangeLoop loop);

/// Calls f(begin, end) for contiguous ranges that make up [0, n), at most max_threads() of them, of
/// which a thread may run several, with the widest vectors of the machine. `grain` is the number of
/// items worth a range: fewer than two grains run on the calling thread alone. One of the
/// exceptions of f, if any, is rethrown when all ranges have ended.
template <class F>
void parallel_for(std::int64_t n, std::int64_t grain, F f) {
  const auto run = [](void* body, std::int64_t begin, std::int64_t end) {
    // A local copy, whose captures can stay in registers.
    vectorized([=, own = *static_cast<const F*>(body)] { own(begin, end); });
  };
  if (n < 2 * grain) return run(&f, 0, n);
  run_in_parallel(n, std::min(max_threads(), n / grain), {&f, run});
}

/// Calls f(i) for every i in [0, n), in parallel where the items, of `work` elements each, are
/// worth it.
template <class F>
void parallel_for_each(std::int64_t n, std::int64_t work, F f) {
  parallel_for(n, groups_per_grain(work), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) f(i);
  });
}

/// Calls f(part, begin, end) for `parts` contiguous ranges that make up [0, n): for work whose
/// parts need memory of their own. No two threads run one part.
template <class F>
void parallel_parts(std::int64_t parts, std::int64_t n, F f) {
  parallel_for(parts, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t part = first; part < last; ++part) {
      f(part, n * part / parts, n * (part + 1) / parts);
    }
  });
}

}  // namespace engram::kernels
