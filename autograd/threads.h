#pragma once

namespace engram {

/// The number of threads for the calling thread's loops, matrix products included; by default
/// OMP_NUM_THREADS, or the number of CPUs that the process may use. Each calling thread has its own
/// limit, initially the default. Error when `threads` is less than 1.
void set_num_threads(int threads);
int num_threads();

}  // namespace engram
