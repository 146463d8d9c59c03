#pragma once

namespace engram {

/// How many threads a kernel may use, matrix products included; all cores by default. It holds for
/// the kernels that the calling thread runs. Error when `threads` is less than 1.
void set_num_threads(int threads);
int num_threads();

}  // namespace engram
