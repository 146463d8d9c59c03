#pragma once

#include "contestant.h"
#include "measure.h"

namespace bench {

/// An environment to run a contestant in, and what the table says of it besides the contestant's
/// own note.
struct Setting {
  std::string name;
  Environment environment;
};

/// What is worth trying for a contestant at a work, its plain setting first; Engram has that alone.
///
/// libtorch has loops of its own (OpenMP) and a BLAS, whose threads may hinder each other. With
/// OpenBLAS's OpenMP build both have one number of threads; with its pthreads build they differ.
/// On processors that OpenBLAS does not know it takes old kernels; OPENBLAS_CORETYPE tells it
/// better.
std::vector<Setting> settings(const std::string& contestant, const std::string& words, int threads,
                              const Plan& plan);

}  // namespace bench
