#pragma once

#include "contestant.h"
#include "rows.h"

#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// Options of the measurement.
struct Plan {
  std::filesystem::path programs;      ///< folder of the contestants
  std::filesystem::path pthread_blas;  ///< folder with OpenBLAS built for pthreads, or empty
  std::filesystem::path other_build;   ///< bench_engram of another build, or empty
  int rounds = 15;                     ///< turns of each contestant
  double turn = 0.03;                  ///< minimum duration of a turn in seconds
  bool try_settings = true;            ///< search for each peer's best settings
};

/// Engram and one peer at one work, with one number of threads. The times are medians over the
/// turns; the ratio (peer over Engram: above 1 Engram is faster) is the median of the ratios of
/// each turn, and `low` and `high` are their quartiles.
struct Measurement {
  std::string group;
  Point point;
  std::string work;
  int threads;
  Measure measure;
  double engram;     ///< in milliseconds, or megabytes
  std::string peer;  ///< empty without one; then its numbers and the ratio are NaN
  double peer_value;
  double ratio, low, high;
  std::string setting;  ///< the peer's best, and its BLAS
  bool valid = true;    ///< whether both gave the same result
  double engram_result = 0, peer_result = 0;
};

/// One measurement for each peer of the row, or one without a peer. Error when a contestant fails.
std::vector<Measurement> measure(const Row& row, int threads, const Plan& plan);

}  // namespace bench
