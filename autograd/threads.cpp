#include <engram/autograd/error.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/threads.h>

namespace engram {

void set_num_threads(int threads) {
  check(threads >= 1, "set_num_threads: needs at least 1, got {}", threads);
  kernels::set_thread_limit(threads);
}

int num_threads() { return static_cast<int>(kernels::thread_limit()); }

}  // namespace engram
