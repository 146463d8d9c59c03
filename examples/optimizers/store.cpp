#include "optimizers/store.h"

#include <engram/autograd/error.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace engram::examples::study {
namespace {

/// Appends to the file and waits until the disk has it.
void append(const std::filesystem::path& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  bool good = file >= 0;
  for (std::size_t done = 0; good && done < text.size();) {
    const ssize_t written = ::write(file, text.data() + done, text.size() - done);
    if (written > 0) done += static_cast<std::size_t>(written);
    good = written > 0 || (written < 0 && errno == EINTR);
  }
  good = good && ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  check(good, "cannot write {}: {}", path.string(), std::strerror(reason));
}

}  // namespace

Store::Store(std::filesystem::path file) : file_(std::move(file)) {
  std::ifstream in(file_, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    try {
      records_.push_back(record_from_json(Json::parse(text.substr(begin, end - begin))));
    } catch (const Json::exception&) {  // cut short, or of another version: to be trained again
    }
    begin = end + 1;
  }
  append(file_, text.empty() || text.ends_with('\n') ? "" : "\n");
}

const Record* Store::find(const Setup& setup) const {
  for (const Record& record : records_) {
    if (record.setup == setup) return &record;
  }
  return nullptr;
}

void Store::add(const Record& record) {
  append(file_, to_json(record).dump() + "\n");
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
