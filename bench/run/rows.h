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
};

enum class Unit { milliseconds, megabytes };

/// A piece of work: a line of the table for each peer and number of threads.
struct Row {
  std::string work;   ///< in the table
  std::string words;  ///< for the contestants
  std::vector<Peer> peers;
  double parts = 1;  ///< the table shows the time of one of so many parts, such as operations
  Unit unit = Unit::milliseconds;
};

/// All that is measured, in the order of the table.
std::vector<Row> all_rows();

}  // namespace bench
