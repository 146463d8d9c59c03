#pragma once

#include <cblas.h>

namespace engram::kernels {

/// Before a call of OpenBLAS: one of its threaded builds would start threads of its own inside each
/// of ours, and its results would depend on their number. Holds for the process from then on.
inline void use_blas_on_one_thread() {
  static const bool done = (openblas_set_num_threads(1), true);
  static_cast<void>(done);
}

}  // namespace engram::kernels
