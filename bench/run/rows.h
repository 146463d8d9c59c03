#pragma once

#include <string>
#include <vector>

namespace bench {

/// Who does the work besides Engram.
struct Peer {
  std::string name;         ///< in the table: libtorch
  std::string contestant;   ///< bench_…: torch
  std::string words{};      ///< its work, when it has another than Engram's
  double times = 1;         ///< how often it does that for one of Engram's
  bool same_result = true;  ///< and gives the same number
  int threads = 0;          ///< 0: as many as Engram
};

/// The contestant that is Engram as another build has it.
inline constexpr const char* other_build = "other build";

enum class Measure {
  time,    ///< of doing the work
  memory,  ///< the peak of a fresh process that does it
  size,    ///< of a file: the work's result, in bytes
};

/// Where a work stands in a picture of curves: how much there is of what.
struct Point {
  std::string axis{};   ///< batch; empty for a work that is drawn as bars
  std::string label{};  ///< images in a batch
  double x = 0;
};

/// A piece of work: a line of the table for each peer and number of threads; without peers, one.
struct Row {
  std::string group{};  ///< which picture shows it
  std::string work;     ///< in the table
  std::string words;    ///< for the contestants
  std::vector<Peer> peers;
  double parts = 1;  ///< the table shows the time of one of so many parts, such as operations
  Measure measure = Measure::time;
  std::string contestant = "engram";
  int rounds = 0;        ///< where it is slow: so many turns of doing it once
  int threads = 0;       ///< the only number of threads that it is measured with; 0 for any
  Point point{};         ///< in the picture, where that has curves
  bool is_busy = false;  ///< beside a process that wants a processor all the time
};

/// All that is measured, in the order of the table.
std::vector<Row> all_rows();

}  // namespace bench
