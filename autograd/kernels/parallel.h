#pragma once

#include <engram/autograd/kernels/instruction_set.h>

#include <algorithm>
#include <cstdint>

// Loops that the threads of one pool share. Results do not depend on how many threads there are,
// nor on which of them runs a part: kernels see to that.
namespace engram::kernels {

inline constexpr std::int64_t elementwise_grain = 16384;  // elements worth waking a thread for

/// The grain of groups of elements that are worked on whole.
inline std::int64_t groups_per_grain(std::int64_t elements_per_group) {
  return std::max<std::int64_t>(1,
                                elementwise_grain / std::max<std::int64_t>(1, elements_per_group));
}

/// How many threads a kernel of the calling thread may use now: 1 inside of a parallel loop, and
/// while other processes crowd the cores.
std::int64_t max_threads();

/// How many it may use at most; for the calling thread.
void set_thread_limit(std::int64_t threads);
std::int64_t thread_limit();

/// A loop over a range of items: `run(body, begin, end)`.
struct RangeLoop {
  void* body;
  void (*run)(void* body, std::int64_t begin, std::int64_t end);
};

/// Runs the loop over `parts` contiguous ranges that make up [0, n). The calling thread and those
/// of the pool claim parts until none is left; inside of another loop it runs where it stands.
void run_in_parallel(std::int64_t n, std::int64_t parts, RangeLoop loop);

/// Calls f(begin, end) for contiguous ranges that make up [0, n), at most as many as there are
/// threads, of which one may run several, with the widest vectors of the machine. `grain` is how
/// many items are worth a range: less than two grains run where they stand. What f throws, one of
/// the exceptions, is thrown again when all have ended.
template <class F>
void parallel_for(std::int64_t n, std::int64_t grain, F f) {
  const auto run = [](void* body, std::int64_t begin, std::int64_t end) {
    // A copy of the thread's own, so that what it captures can stay in registers.
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
