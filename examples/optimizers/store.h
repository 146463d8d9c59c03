#pragma once

#include "common/json_lines.h"
#include "optimizers/setup.h"

#include <deque>
#include <filesystem>
#include <optional>
#include <vector>

namespace engram::examples::study {

/// The trainings that are done, in a file with one record a line.
class Store {
 public:
  /// Knows no training, and has no file.
  Store() = default;
  /// Reads the file where there is one. Error when it cannot be read or written.
  explicit Store(std::filesystem::path file);

  /// What came of the training with exactly this setup, or null.
  const Record* find(const Setup& setup) const;
  void add(const Record& record);

  /// The records of a training with seeds 0, 1, …, those that there are.
  std::vector<const Record*> seeds(Setup setup, int count) const;

  std::size_t size() const { return records_.size(); }

 private:
  std::optional<JsonLines> file_;  // none: nothing is kept
  std::deque<Record> records_;     // a deque: pointers to them stay good
};

}  // namespace engram::examples::study
