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

/// The trainings that are done, and the checkpoint of the one that is under way.
class TrainingStore {
 public:
  /// Knows no training, and has no file.
  TrainingStore() = default;
  /// Reads the file, or makes it: see experiment::Store.
  explicit TrainingStore(const std::filesystem::path& file);

  /// What came of the training with exactly this setup, or null.
  const Record* find(const Setup& setup) const;
  void add(const Record& record);

  /// The records of a training with seeds 0, 1, …, those that there are.
  std::vector<const Record*> seeds(Setup setup, int count) const;

  /// The training in the file, for `train`. There must be one.
  Run run(const Setup& setup) const { return file_->run("optimizers", to_json(setup)); }
  /// What there is of a training that was broken off, if its checkpoint is whole.
  std::optional<Record> unfinished(const Setup& setup) const;

  std::size_t size() const { return records_.size(); }
  /// How many records are not as they were written: those trainings are to be done again.
  std::int64_t damaged() const { return file_ ? file_->damaged("optimizers") : 0; }

 private:
  std::unique_ptr<Store> file_;  // none: nothing is kept
  std::deque<Record> records_;   // a deque: pointers to them stay good
};

}  // namespace engram::examples::study
