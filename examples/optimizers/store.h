#pragma once

#include "common/experiment.h"
#include "optimizers/setup.h"

#include <engram/experiment/store/store.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace engram::examples::study {

/// The finished trainings, and the checkpoint of the unfinished one.
class TrainingStore {
 public:
  /// An empty store without a file.
  TrainingStore() = default;
  /// Reads the file, creating it if missing: see experiment::Store.
  explicit TrainingStore(const std::filesystem::path& file);

  /// The record of the training with exactly this setup, or null.
  const Record* find(const Setup& setup) const;
  void add(const Record& record);

  /// The existing records of a training with seeds 0, 1, …, count - 1.
  std::vector<const Record*> seeds(Setup setup, int count) const;

  /// The run of the training in the file, for `train`. The store must have a file.
  Run run(const Setup& setup) const { return file_->run("optimizers", to_json(setup)); }
  /// The record so far of an unfinished training, if its checkpoint is undamaged.
  std::optional<Record> unfinished(const Setup& setup) const;

  std::size_t size() const { return records_.size(); }
  /// The number of damaged records, whose trainings must be run again.
  std::int64_t damaged() const { return file_ ? file_->damaged("optimizers") : 0; }

 private:
  std::unique_ptr<Store> file_;  // null: nothing is stored
  std::deque<Record> records_;   // a deque, for stable pointers
};

}  // namespace engram::examples::study
