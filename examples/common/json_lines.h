#pragma once

#include "common/results.h"

#include <engram/io/append_file.h>

#include <filesystem>
#include <vector>

namespace engram::examples {

/// A file with one JSON value a line, to which several processes may add. A line is on the disk
/// before `add` returns; one that was cut short, as by a kill while it was written, is passed over.
/// One that is nested deeper than any of ours is refused: Error.
class JsonLines {
 public:
  /// The file need not be there. Error when it cannot be read or written.
  explicit JsonLines(std::filesystem::path file);

  /// Those that the file had, in order.
  const std::vector<Json>& values() const { return contents_.values; }

  /// How many lines were no JSON.
  int unreadable() const { return contents_.unreadable; }

  void add(const Json& value) const;

 private:
  struct Contents {
    std::vector<Json> values;
    int unreadable = 0;
    bool ends_in_line = false;  // a last line without its end
  };
  static Contents read(const std::filesystem::path& file);

  Contents contents_;
  AppendFile end_;
};

}  // namespace engram::examples
