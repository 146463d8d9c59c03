#include <engram/autograd/kernels/parallel.h>

#include <omp.h>

namespace engram::kernels {

void run_in_parallel(std::int64_t n, std::int64_t grain, RangeLoop loop) {
  if (omp_in_parallel()) return loop.run(loop.body, 0, n);
  const auto threads = static_cast<int>(std::min<std::int64_t>(omp_get_max_threads(), n / grain));
#pragma omp parallel num_threads(threads)
  {
    const std::int64_t team = omp_get_num_threads();
    const std::int64_t me = omp_get_thread_num();
    loop.run(loop.body, n * me / team, n * (me + 1) / team);
  }
}

}  // namespace engram::kernels
