#include "optimizers/store.h"

#include <engram/autograd/error.h>

namespace engram::examples::study {

Store::Store(std::filesystem::path file) : file_(JsonLines(std::move(file))) {
  for (const Json& line : file_->values()) {
    try {
      records_.push_back(record_from_json(line));
    } catch (const Json::exception&) {  // of another version, or damaged: to be trained again
    } catch (const DataError&) {
    }
  }
}

const Record* Store::find(const Setup& setup) const {
  for (const Record& record : records_) {
    if (record.setup == setup) return &record;
  }
  return nullptr;
}

void Store::add(const Record& record) {
  if (file_) file_->add(to_json(record));
  records_.push_back(record);
}

std::vector<const Record*> Store::seeds(Setup setup, int count) const {
  std::vector<const Record*> found;
  for (int seed = 0; seed < count; ++seed) {
    setup.seed = static_cast<std::uint64_t>(seed);
    if (const Record* record = find(setup)) found.push_back(record);
  }
  return found;
}

}  // namespace engram::examples::study
