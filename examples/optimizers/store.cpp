#include "optimizers/store.h"

#include <engram/autograd/error.h>

namespace engram::examples::study {

TrainingStore::TrainingStore(const std::filesystem::path& file)
    : file_(std::make_unique<Store>(file)) {
  for (const Store::Finished& run : file_->finished("optimizers")) {
    try {
      records_.push_back(record_from_json(run.outcome));
    } catch (const Json::exception&) {  // of another version: trained again
    }
  }
}

const Record* TrainingStore::find(const Setup& setup) const {
  for (const Record& record : records_) {
    if (record.setup == setup) return &record;
  }
  return nullptr;
}

void TrainingStore::add(const Record& record) {
  if (file_) run(record.setup).finish(to_json(record));
  records_.push_back(record);
}

std::vector<const Record*> TrainingStore::seeds(Setup setup, int count) const {
  std::vector<const Record*> found;
  for (int seed = 0; seed < count; ++seed) {
    setup.seed = static_cast<std::uint64_t>(seed);
    if (const Record* record = find(setup)) found.push_back(record);
  }
  return found;
}

std::optional<Record> TrainingStore::unfinished(const Setup& setup) const {
  if (!file_) return std::nullopt;
  try {
    const std::optional<Checkpoint> left = run(setup).checkpoint();
    if (!left) return std::nullopt;
    return record_from_json(left->progress.at("record"));
  } catch (const DataError&) {  // damaged: `train` warns
    return std::nullopt;
  }
}

}  // namespace engram::examples::study
