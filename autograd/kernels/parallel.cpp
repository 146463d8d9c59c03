#include <engram/autograd/kernels/parallel.h>

#include <omp.h>

#include <exception>

namespace engram::kernels {

std::int64_t max_threads() { return omp_in_parallel() ? 1 : omp_get_max_threads(); }

void run_in_parallel(std::int64_t n, std::int64_t grain, RangeLoop loop) {
  const auto threads = static_cast<int>(std::min(max_threads(), n / grain));
  if (threads == 1) return loop.run(loop.body, 0, n);
  std::exception_ptr error;  // one of those thrown, which must not leave the parallel region
#pragma omp parallel num_threads(threads)
  {
    const std::int64_t team = omp_get_num_threads();
    const std::int64_t me = omp_get_thread_num();
    try {
      loop.run(loop.body, n * me / team, n * (me + 1) / team);
    } catch (...) {
#pragma omp critical
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace engram::kernels
