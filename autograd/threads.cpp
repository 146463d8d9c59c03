#include <engram/autograd/error.h>
#include <engram/autograd/threads.h>

#include <cblas.h>
#include <omp.h>

namespace engram {

void set_num_threads(int threads) {
  check(threads >= 1, "set_num_threads: needs at least 1, got {}", threads);
  omp_set_num_threads(threads);
  openblas_set_num_threads(threads);
}

int num_threads() { return omp_get_max_threads(); }

}  // namespace engram
