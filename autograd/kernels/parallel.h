#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace engram::kernels {

inline constexpr std::int64_t elementwise_grain = 16384;  // elements worth waking a thread for

/// The grain of groups of elements that are worked on whole.
inline std::int64_t groups_per_grain(std::int64_t elements_per_group) {
  return std::max<std::int64_t>(
      1, elementwise_grain / std::max<std::int64_t>(1, elements_per_group));
}

/// Calls f(begin, end) for contiguous ranges that make up [0, n), one a thread. `grain` is how many
/// items are worth a thread: less than two grains run where they stand. f must not throw.
template <class F>
void parallel_for(std::int64_t n, std::int64_t grain, F f) {
  if (n < 2 * grain || omp_in_parallel()) {
    f(std::int64_t{0}, n);
    return;
  }
  const auto threads =
      static_cast<int>(std::min<std::int64_t>(omp_get_max_threads(), n / grain));
#pragma omp parallel num_threads(threads)
  {
    const std::int64_t team = omp_get_num_threads();
    const std::int64_t me = omp_get_thread_num();
    f(n * me / team, n * (me + 1) / team);
  }
}

}  // namespace engram::kernels
