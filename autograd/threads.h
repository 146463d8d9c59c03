#pragma once

namespace engram {

/// How many threads share the loops that the calling thread runs, matrix products included; by
/// default OMP_NUM_THREADS, or as many as the process may use processors. Each thread has a limit
/// of its own, and begins with the default. Error when `threads` is less than 1.
void set_num_threads(int threads);
int num_threads();

}  // namespace engram
