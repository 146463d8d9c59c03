#pragma once

#include <string>
#include <vector>

namespace bench {

/// A contestant that Engram is compared with.
struct Peer {
  std::string name;         ///< in the table: libtorch
  std::string contestant;   ///< bench_…: torch
  std::string words{};      ///< its work, if it differs from Engram's
  double times = 1;         ///< number of times for one of Engram's
  bool same_result = true;  ///< whether its result must equal Engram's
  int threads = 0;          ///< 0: as many as Engram
};

/// The contestant that is another build of Engram.
inline constexpr const char* other_build = "other build";

enum class Measure {
  time,    ///< of doing the work
  memory,  ///< the peak of a new process that does the work
  size,    ///< of a file: the work's result, in bytes
};

/// The x of a work in a picture of curves.
struct Point {
  std::string axis{};   ///< batch; empty for a work that is drawn as bars
  std::string label{};  ///< images in a batch
  double x = 0;
};

/// A work: a line of the table for each peer and number of threads; without peers, one line.
struct Row {
  std::string group{};  ///< its picture
  std::string work;     ///< in the table
  std::string words;    ///< for the contestants
  std::vector<Peer> peers;
  double parts = 1;  ///< the table has the time divided by this, such as a number of operations
  Measure measure = Measure::time;
  std::string contestant = "engram";
  int rounds = 0;        ///< of a slow work: number of turns, of one time each
  int threads = 0;       ///< the only number of threads to measure; 0 for any
  Point point{};         ///< in a picture of curves
  bool is_busy = false;  ///< next to a BusyProcess
};

/// All rows, in the order of the table.
std::vector<Row> all_rows();

}  // namespace bench
