#include "common/json_lines.h"

#include <engram/autograd/error.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace engram::examples {
namespace {

/// Has the disk know the names in a folder, where its file system can.
void sync_folder(const std::filesystem::path& folder) {
  const int opened =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return;
  ::fsync(opened);
  ::close(opened);
}

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

/// What is no JSON is discarded. Values are copied and written by recursion, so their depth is
/// bounded.
Json parse(const std::string& text, const std::filesystem::path& file, int line) {
  constexpr int deepest = 100;
  const auto keep = [&](int depth, Json::parse_event_t, Json&) {
    check_data(depth <= deepest, "{}, line {}: nested deeper than {} levels", file.string(), line,
               deepest);
    return true;
  };
  return Json::parse(text, keep, /*allow_exceptions=*/false);
}

}  // namespace

JsonLines::JsonLines(std::filesystem::path file) : file_(std::move(file)) {
  check(!std::filesystem::is_directory(file_), "cannot read {}: it is a folder", file_.string());
  std::ifstream in(file_, std::ios::binary);
  check(in.is_open() || !std::filesystem::exists(file_), "cannot read {}: {}", file_.string(),
        std::strerror(errno));
  const std::string text(std::istreambuf_iterator<char>(in), {});
  int number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    Json value = parse(line, file_, ++number);
    if (!value.is_discarded()) {
      values_.push_back(std::move(value));
    } else if (!line.empty()) {
      ++unreadable_;
    }
    begin = end + 1;
  }
  // What is added next begins a line of its own.
  append(file_, text.empty() || text.ends_with('\n') ? "" : "\n");
  if (!in.is_open()) sync_folder(file_.parent_path());
}

void JsonLines::add(const Json& value) const {
  append(file_, value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace engram::examples
