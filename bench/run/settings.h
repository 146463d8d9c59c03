#pragma once

#include "contestant.h"
#include "measure.h"

namespace bench {

/// An environment of a contestant, and its name in the table, added to the contestant's note.
struct Setting {
  std::string name;
  Environment environment;
};

/// The settings to try for a contestant at a work, the default first, which is Engram's only one.
///
/// libtorch has its own loops (OpenMP) and a BLAS, whose threads may compete. With OpenBLAS's
/// OpenMP build both have the same number of threads; with its pthreads build the numbers may
/// differ. On processors unknown to OpenBLAS it uses old kernels, unless OPENBLAS_CORETYPE names
/// better ones.
std::vector<Setting> settings(const std::string& contestant, const std::string& words, int threads,
                              const Plan& plan);

}  // namespace bench
