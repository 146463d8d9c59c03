#pragma once

#include "contestant.h"
#include "rows.h"

#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// How thoroughly to measure, and with what.
struct Plan {
  std::filesystem::path programs;      ///< folder of the contestants
  std::filesystem::path pthread_blas;  ///< folder with OpenBLAS built for pthreads, or empty
  std::filesystem::path other_build;   ///< bench_engram as another build has it, or empty
  int rounds = 15;                     ///< turns that each contestant gets
  double turn = 0.03;                  ///< seconds that a turn lasts at least
  bool try_settings = true;            ///< look for each peer's best settings
};

/// Engram beside one peer, at one work, with one number of threads. The times are medians over the
/// turns; the ratio (peer over Engram: more than 1 is faster) is the median of the ratios within
/// each turn, and `low` and `high` are their quartiles.
struct Measurement {
  std::string group;
  Point point;
  std::string work;
  int threads;
  Measure measure;
  double engram;     ///< in milliseconds, or megabytes
  std::string peer;  ///< empty without one; then what concerns it is NaN
  double peer_value;
  double ratio, low, high;
  std::string setting;  ///< the peer's best, and the BLAS that it got
  bool valid = true;    ///< whether both gave the same result
  double engram_result = 0, peer_result = 0;
};

/// One measurement for each peer of the row, or one without a peer. Error when a contestant fails.
std::vector<Measurement> measure(const Row& row, int threads, const Plan& plan);

}  // namespace bench
